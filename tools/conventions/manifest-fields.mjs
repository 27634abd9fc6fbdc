import { isDeepStrictEqual } from 'node:util';
import { homeOf } from '../workspace.mjs';

/** @import { Rule } from './repository.mjs' */

const SCRIPTS = ['build', 'typecheck', 'lint', 'test', 'pack:check'];

/**
 * Every package.json states what publishing and installing need: name after the folder, version, description, license,
 * ES modules, no side effects, the repository's Node floor and addresses (npm's provenance compares them with where a
 * release was built), `dist` among its files, and the five scripts.
 *
 * @type {Rule}
 */
export const manifestFields = ({ packages, manifest: root }) =>
  packages.flatMap(({ path, name, manifest }) => {
    const home = homeOf(root);
    /** @param {string} field @param {boolean} ok @param {string} expected @param {unknown} got */
    const field = (field, ok, expected, got) =>
      ok
        ? []
        : [
            {
              where: `${path}/package.json, ${field}`,
              expected,
              got: got === undefined ? 'none' : JSON.stringify(got),
              hint: 'Correct the field.',
            },
          ];
    /** @param {keyof typeof manifest} key @param {unknown} expected */
    const same = (key, expected) =>
      field(
        key,
        isDeepStrictEqual(manifest[key], expected),
        JSON.stringify(expected) ?? 'none',
        manifest[key],
      );
    return [
      ...same('name', name),
      ...same('private', undefined),
      ...same('license', 'Apache-2.0'),
      ...same('repository', { type: 'git', url: `git+${home}.git`, directory: path }),
      ...same('homepage', `${home}/tree/main/${path}#readme`),
      ...same('bugs', { url: `${home}/issues` }),
      ...same('type', 'module'),
      ...same('sideEffects', false),
      ...same('engines', root.engines),
      ...same('publishConfig', { access: 'public' }),
      ...field(
        'version',
        /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(manifest.version ?? ''),
        'MAJOR.MINOR.PATCH',
        manifest.version,
      ),
      ...field('description', (manifest.description ?? '') !== '', 'one sentence', manifest.description),
      ...field(
        'keywords',
        (manifest.keywords ?? []).includes('knowledge-distillation'),
        'a list that holds "knowledge-distillation"',
        manifest.keywords,
      ),
      ...field(
        'files',
        manifest.files?.includes('dist') ?? false,
        'a list that holds "dist"',
        manifest.files,
      ),
      ...SCRIPTS.flatMap((script) =>
        field(`scripts.${script}`, script in (manifest.scripts ?? {}), 'a command', undefined),
      ),
    ];
  });

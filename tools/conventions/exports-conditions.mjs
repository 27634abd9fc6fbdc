import { isDeepStrictEqual } from 'node:util';

/** @import { Problem } from '../problem.mjs' */
/** @import { Package, Rule } from './repository.mjs' */

/**
 * Every entry of `exports` names its source first (tests and typecheck read siblings without a build), then the builds for `import`
 * and `require`, each with its types first: TypeScript takes the first matching condition.
 *
 * @type {Rule}
 */
export const exportsConditions = ({ packages }) => packages.flatMap(packageProblems);

/**
 * @param {Package} subject
 * @returns {Problem[]}
 */
function packageProblems(subject) {
  const where = `${subject.path}/package.json, exports`;
  const entries = subject.manifest.exports ?? {};
  const hint = 'Write the entry as packages/core/package.json does.';
  return [
    ...(entries['./package.json'] === './package.json'
      ? []
      : [{ where, expected: '"./package.json": "./package.json"', got: 'none', hint: 'Add it.' }]),
    ...('.' in entries ? [] : [{ where, expected: 'an entry "."', got: 'none', hint }]),
    ...Object.entries(entries)
      .filter(([subpath]) => subpath !== './package.json')
      .flatMap(([subpath, conditions]) => entryProblems(subject, subpath, conditions)),
  ];
}

/**
 * @param {Package} subject @param {string} subpath @param {unknown} conditions
 * @returns {Problem[]}
 */
function entryProblems(subject, subpath, conditions) {
  const build = `./dist/${subpath === '.' ? 'index' : subpath.slice(2)}`;
  const source = /** @type {Record<string, unknown>} */ (conditions)['@distilljs/source'];
  const expected = {
    '@distilljs/source': source,
    import: { types: `${build}.d.ts`, default: `${build}.js` },
    require: { types: `${build}.d.cts`, default: `${build}.cjs` },
  };
  const where = `${subject.path}/package.json, exports["${subpath}"]`;
  const problems = [];
  // Compared as text too, because the order of keys matters.
  if (!isDeepStrictEqual(conditions, expected) || JSON.stringify(conditions) !== JSON.stringify(expected)) {
    problems.push({
      where,
      expected: JSON.stringify({ ...expected, '@distilljs/source': source ?? './src/….ts' }),
      got: JSON.stringify(conditions),
      hint: 'Correct the entry; the order of its keys counts.',
    });
  }
  if (typeof source !== 'string' || !subject.files.includes(source.slice(2))) {
    problems.push({
      where: `${where}["@distilljs/source"]`,
      expected: 'a source file of this package',
      got: source === undefined ? 'none' : JSON.stringify(source),
      hint: 'Name the file that tsup.config.ts builds this entry from.',
    });
  }
  return problems;
}

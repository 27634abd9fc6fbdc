import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { report } from './problem.mjs';
import { readManifest } from './workspace.mjs';

/** @import { Problem } from './problem.mjs' */

/** Entries that are not loaded: `testing` runs only inside a test runner, which CommonJS cannot load. */
const NOT_LOADABLE = new Set(['./package.json', './testing']);

const PROGRAMS = {
  import: (/** @type {string} */ name) =>
    `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(name)})).sort()))`,
  require: (/** @type {string} */ name) =>
    `console.log(JSON.stringify(Object.keys(require(${JSON.stringify(name)})).sort()))`,
};

/**
 * Loads each entry of a built package as Node does, with `import` and with `require`: neither may fail, and both must export the
 * same names.
 *
 * @param {string} folder
 * @returns {Problem[]}
 */
export function checkLoad(folder) {
  const { name, exports = {} } = readManifest(folder);
  return Object.keys(exports)
    .filter((subpath) => !NOT_LOADABLE.has(subpath))
    .map((subpath) => `${name}${subpath.slice(1)}`)
    .flatMap((entry) => {
      const esm = namesOf(folder, entry, 'import');
      const cjs = namesOf(folder, entry, 'require');
      const failures = [esm, cjs].flatMap((loaded) => loaded.problem ?? []);
      if (failures.length > 0 || esm.names === cjs.names) return failures;
      return [
        {
          where: `require('${entry}')`,
          expected: `the names of import('${entry}'): ${esm.names}`,
          got: `${cjs.names}`,
          hint: 'Build anew; if they still differ, look at how tsup.config.ts builds this entry.',
        },
      ];
    });
}

/**
 * @param {string} folder @param {string} entry @param {keyof typeof PROGRAMS} how
 * @returns {{ names: string | undefined, problem?: Problem }}
 */
function namesOf(folder, entry, how) {
  const type = how === 'import' ? 'module' : 'commonjs';
  // Run in the package's folder, so that its name resolves to its own exports.
  const run = spawnSync(process.execPath, [`--input-type=${type}`, '--eval', PROGRAMS[how](entry)], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (run.status === 0) return { names: run.stdout.trimEnd().split('\n').at(-1) };
  const reason = run.stderr.split('\n').find((line) => /^\w*Error\b/.test(line));
  return {
    names: undefined,
    problem: {
      where: `${how}('${entry}')`,
      expected: 'the build to load',
      got: reason ?? run.stderr.trim(),
      hint: 'Look at what it imports: the package, the subpath and the module system must exist where users install it.',
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = resolve(process.argv[2] ?? '.');
  report(`loading ${folder.split(/[\\/]/).at(-1)}`, checkLoad(folder));
}

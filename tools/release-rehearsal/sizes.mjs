import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { run } from './run.mjs';

/** @import { Problem } from '../problem.mjs' */

/** @typedef {{ what: string, bytes: number, budget?: number, hint?: string }} Size `hint`: what to do above the budget */

const KB = 1000;
const NOT_BUNDLED = ['@tensorflow/*', 'onnxruntime-node', 'onnxruntime-web', 'webgpu', 'node:*'];

/**
 * k-means comes from a library that depends on a matrix library. It is counted separately: only the sampler `'sur'` needs it.
 */
const COUNTED_APART = ['ml-kmeans'];

/**
 * What each package adds to a page that imports all of it, and what an installation downloads.
 *
 * @param {string} project with every package, installed by npm
 * @param {readonly string[]} techniques
 * @returns {Promise<Size[]>}
 */
export async function measureSizes(project, techniques) {
  /** @type {Size[]} */
  const bundles = [
    {
      what: 'core, bundled for a browser, gzip',
      bytes: await bundled(project, '@distilljs/core', NOT_BUNDLED),
      budget: 120 * KB,
      hint: 'Load the part that few pages need by `import()`, or give it an entry of its own as `@distilljs/core/student` has.',
    },
  ];
  const page = NOT_BUNDLED.filter((name) => !name.startsWith('@tensorflow'));
  bundles.push({
    what: "a page's side of core's worker, all that it imports bundled, gzip",
    bytes: await bundled(project, '@distilljs/core/worker', page, '{ createDistillWorker }'),
    budget: 5 * KB,
    hint: 'It must not import what imports tfjs: see the entry `worker-page` in packages/core/tsup.config.ts.',
  });
  for (const name of techniques) {
    bundles.push({
      what: `${name}, bundled for a browser, gzip`,
      bytes: await bundled(project, `@distilljs/${name}`, [
        ...NOT_BUNDLED,
        ...COUNTED_APART,
        '@distilljs/core',
      ]),
      budget: 15 * KB,
      hint: 'See which dependency it is (`npx esbuild --bundle --analyze`); drop it or load it by `import()`.',
    });
  }
  for (const name of COUNTED_APART)
    bundles.push({ what: `${name}, beside it, gzip`, bytes: await bundled(project, name, NOT_BUNDLED) });
  const installs = [];
  for (const name of ['mhgd', 'cckd']) {
    const { download, disk } = await installed(project, ['@distilljs/core', `@distilljs/${name}`]);
    const hint = 'See `npm pack --dry-run -w packages/core` and the sizes of its dependencies.';
    installs.push(
      { what: `core + ${name} without tfjs, downloaded by npm`, bytes: download, budget: 1000 * KB, hint },
      { what: `core + ${name} without tfjs, on disk`, bytes: disk },
    );
  }
  return [...bundles, ...installs];
}

/** @param {readonly Size[]} sizes @returns {Problem[]} */
export function sizeProblems(sizes) {
  return sizes
    .filter(({ bytes, budget = Infinity }) => bytes > budget)
    .map(({ what, bytes, budget = 0, hint = '' }) => ({
      where: what,
      expected: `at most ${inKilobytes(budget)}`,
      got: inKilobytes(bytes),
      hint,
    }));
}

/** @param {number} bytes */
export function inKilobytes(bytes) {
  return `${(bytes / KB).toFixed(1)} kB`;
}

/**
 * The bytes that a page loads first. What the package loads by `import()`, such as the reader of ONNX files, comes when it is used.
 *
 * @param {string} project @param {string} name @param {string[]} external @param {string} [names] default: all exports
 */
async function bundled(project, name, external, names = '*') {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export ${names} from '${name}';`, resolveDir: project },
    bundle: true,
    splitting: true,
    outdir: project,
    metafile: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external,
    logLevel: 'silent',
  });
  /** @type {Set<string>} */
  const loaded = new Set();
  const waiting = Object.keys(metafile.outputs).filter(
    (path) => metafile.outputs[path]?.entryPoint === '<stdin>',
  );
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    for (const each of metafile.outputs[path]?.imports ?? [])
      if (each.kind === 'import-statement' && each.external !== true) waiting.push(each.path);
  }
  const first = new Set([...loaded].map((path) => basename(path)));
  const files = outputFiles.filter(({ path }) => first.has(basename(path)));
  return gzipSync(Buffer.concat(files.map(({ contents }) => contents))).length;
}

/**
 * Everything that npm fetches for some packages: the packages and their dependencies, without their peer tfjs.
 *
 * @param {string} project @param {readonly string[]} names
 */
async function installed(project, names) {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  /** @type {Set<string>} */
  const found = new Set();
  const waiting = names.map((name) => `node_modules/${name}`);
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (found.has(place)) continue;
    found.add(place);
    for (const name of Object.keys(packages[place]?.dependencies ?? {})) {
      const nested = `${place}/node_modules/${name}`;
      waiting.push(nested in packages ? nested : `node_modules/${name}`);
    }
  }
  const specs = [...found].map(
    (place) => `${place.split('node_modules/').at(-1)}@${packages[place]?.version}`,
  );
  // The project's .npmrc says where this repository's packages come from.
  const printed = await run('npm', ['pack', ...specs, '--dry-run', '--json'], { cwd: project });
  /** @type {{ size: number, unpackedSize: number }[]} */
  const packed = JSON.parse(printed);
  return {
    download: packed.reduce((sum, { size }) => sum + size, 0),
    disk: packed.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
  };
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asCommonJs, readmeExample } from '../packed/readme-example.mjs';
import { run } from './run.mjs';

export const TFJS = ['core', 'layers', 'backend-wasm', 'backend-cpu'].map(
  (part) => `@tensorflow/tfjs-${part}@4.22.0`,
);

/** @typedef {{ name: string, packages: readonly string[], manager: 'npm' | 'pnpm' }} ProjectRequest */

/**
 * An empty project that installs packages the way their READMEs say.
 *
 * @param {string} folder @param {ProjectRequest} request
 * @param {string} registry for `@distilljs` only; everything else comes from npm's configured registry
 * @param {string} programs
 */
export async function makeProject(folder, { name, packages, manager }, registry, programs) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true }));
  writeFileSync(join(folder, '.npmrc'), `@distilljs:registry=${registry}/\nfund=false\naudit=false\n`);
  if (manager === 'npm') await run('npm', ['install', ...packages], { cwd: folder });
  else {
    const pnpm = join(programs, 'pnpm/bin/pnpm.cjs');
    await run(process.execPath, [pnpm, 'add', '--ignore-scripts', ...packages], { cwd: folder });
  }
}

/** What an example prints: the terms of the last epoch, each with its value and weight. */
const TERMS = /\w+'?: \{ value: [\d.e-]+, weight: [\d.]+ \}/;

/**
 * Runs the example of an installed package's README, as an ES module and as CommonJS.
 *
 * @param {string} project @param {string} packageName @param {string} node
 */
export async function runExample(project, packageName, node) {
  const example = readmeExample(
    readFileSync(join(project, 'node_modules', packageName, 'README.md'), 'utf8'),
  );
  for (const [file, text] of [
    ['example.mjs', example],
    ['example.cjs', asCommonJs(example)],
  ]) {
    writeFileSync(join(project, String(file)), String(text));
    const printed = await run(node, [String(file)], { cwd: project, env: { DISTILLJS_ENGINE: 'wasm' } });
    if (!TERMS.test(printed))
      throw new Error(`${packageName}, ${file}: expected it to print its terms, got ${printed}`);
  }
}

/** Few and small enough for seconds. */
const SMALL_RUN = [
  ...['run', '--preset', 'quick', '--engine', 'wasm', '--methods', 'student,kd,cckd', '--seeds', '0'],
  ...[
    '--epochs',
    '1',
    '--set',
    'teacher.epochs=1',
    '--set',
    'dataset.trainSize=200',
    '--set',
    'dataset.testSize=100',
  ],
];

/** The command line as `npx` starts it: a run with its report. @param {string} project */
export async function runBenchOnce(project) {
  const started = ['exec', '--offline', '--', 'distill-bench'];
  await run('npm', [...started, 'doctor'], { cwd: project });
  await run('npm', [...started, ...SMALL_RUN, '--out', 'runs/small'], { cwd: project });
  const page = join(project, 'runs/small/report/index.html');
  if (!existsSync(page)) throw new Error(`distill-bench run: expected ${page}, got no such file`);
}

/**
 * Another version of Node, from npm packages that hold only the executable.
 *
 * @param {string} folder @param {string} version
 * @returns {Promise<string | undefined>} the program; undefined where the registry has none for this machine
 */
export async function nodeOf(folder, version) {
  if (process.versions.node.split('.')[0] === version.split('.')[0]) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], { cwd: folder });
  } catch {
    return undefined;
  }
  return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { problemText } from '../problem.mjs';
import { packageFolders } from '../workspace.mjs';
import { lintWorkflows } from './workflows.mjs';
import { checkPages } from './pages.mjs';
import { makeProject, nodeOf, runBenchOnce, runExample, TFJS } from './projects.mjs';
import { installPrograms, startRegistry } from './registry.mjs';
import { buildCopy, packCopy, versionInCopy, versionProblems } from './release.mjs';
import { inKilobytes, measureSizes, sizeProblems } from './sizes.mjs';
import { checkTypes } from './types.mjs';

/** @import { Problem } from '../problem.mjs' */
/** @import { Registry } from './registry.mjs' */

const ROOT = join(import.meta.dirname, '../..');
const { built, keep, node } = new Command('npm run release:rehearsal --')
  .description(
    'Releases all packages to a registry on this machine, from a copy, and tries them in empty projects as users would.',
  )
  .option('--built', 'take the builds of the working tree (npm run build) instead of building the copy')
  .option('--keep', 'keep the folder with the copy and the projects')
  .option('--node <versions>', 'versions of Node, by comma', '20.20.2,22.23.2,24.21.0')
  .parse()
  .opts();

const work = realpathSync(mkdtempSync(join(tmpdir(), 'distilljs-release-')));
/** @type {Problem[]} */
const problems = [];
/** @type {string[]} */
const skipped = [];
/** @type {Registry | undefined} */
let registry;

/**
 * One step of the rehearsal. The first failure ends it, because later steps build on earlier ones.
 *
 * @template T @param {string} what @param {() => Promise<T>} step
 */
async function stage(what, step) {
  const start = performance.now();
  const outcome = await step();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return outcome;
}

try {
  const copy = join(work, 'repository');
  const released = await stage('versions in a copy', () => versionInCopy(ROOT, copy));
  for (const { name, before, after } of released) console.log(`  ${name} ${before} -> ${after}`);
  problems.push(...versionProblems(released));
  await stage(built ? 'builds of the working tree' : 'build', () => buildCopy(ROOT, copy, built === true));
  const { tarballs, problems: inTarballs } = await stage('pack', () =>
    packCopy(copy, join(work, 'tarballs')),
  );
  problems.push(...inTarballs);

  const programs = await stage('programs of the rehearsal', () => installPrograms(join(work, 'programs')));
  problems.push(...(await stage('workflows by actionlint', () => lintWorkflows(ROOT, programs))));
  registry = await stage('registry', () => startRegistry(programs, work));
  const { address, publish } = registry;
  await stage('publish', async () => {
    for (const tarball of tarballs) await publish(tarball);
  });

  const techniques = packageFolders(copy).filter((folder) => folder !== 'core' && folder !== 'bench');
  /** @param {string} name @param {'npm' | 'pnpm'} manager @param {readonly string[]} packages */
  const project = async (name, manager, packages) => {
    const folder = join(work, name);
    await stage(`${manager} installs ${packages.join(', ')}`, () =>
      makeProject(folder, { name, manager, packages: [...packages.map(scoped), ...TFJS] }, address, programs),
    );
    return folder;
  };
  const byNpm = await project('one-technique-npm', 'npm', ['core', 'cckd']);
  const byPnpm = await project('one-technique-pnpm', 'pnpm', ['core', 'mhgd']);
  const everything = await project('everything', 'npm', ['core', ...techniques, 'bench']);

  for (const version of node.split(',')) {
    const program = await nodeOf(join(work, `node-${version}`), version);
    if (program === undefined) skipped.push(`Node ${version}: the registry has none for this machine`);
    else
      await stage(`README examples, ESM and CommonJS, Node ${version}`, async () => {
        for (const name of ['core', 'cckd']) await runExample(byNpm, scoped(name), program);
      });
  }
  await stage('README examples after pnpm', async () => {
    for (const name of ['core', 'mhgd']) await runExample(byPnpm, scoped(name), process.execPath);
  });
  await stage('README examples of all techniques', async () => {
    for (const name of techniques) await runExample(everything, scoped(name), process.execPath);
  });
  await stage('npx distill-bench', () => runBenchOnce(everything));
  const types = await stage('types', () => checkTypes(ROOT, byNpm));
  console.log(`  ${types.join(', ')}`);
  const pages = await stage('pages', () => checkPages(byNpm));
  console.log(`  ${pages.done.join(', ')}`);
  skipped.push(...pages.skipped);
  const sizes = await stage('sizes', () => measureSizes(everything, techniques));
  for (const { what, bytes, budget } of sizes)
    console.log(
      `  ${what}: ${inKilobytes(bytes)}${budget === undefined ? '' : ` of ${inKilobytes(budget)}`}`,
    );
  problems.push(...sizeProblems(sizes));
} catch (error) {
  problems.push({
    where: 'rehearsal',
    expected: 'every step to succeed',
    got: error instanceof Error ? error.message : String(error),
    hint: `Run it with --keep to look at what it made.`,
  });
} finally {
  registry?.close();
  if (keep === true) console.log(`kept: ${work}`);
  else rmSync(work, { recursive: true, force: true });
}

for (const what of skipped) console.log(`skipped: ${what}`);
for (const problem of problems) console.error(problemText(problem));
console.log(
  problems.length === 0
    ? 'release rehearsal: in order'
    : `release rehearsal: ${problems.length} problem${problems.length === 1 ? '' : 's'}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

/** @param {string} name */
function scoped(name) {
  return `@distilljs/${name}`;
}

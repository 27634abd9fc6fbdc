import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkLock } from '../check-lock.mjs';
import { packAll } from '../pack-all.mjs';
import { publishTexts } from '../published.mjs';
import { copyRepository } from '../scaffold/copy-repository.mjs';
import { packageFolders, readManifest } from '../workspace.mjs';
import { run } from './run.mjs';

/** @import { Problem } from '../problem.mjs' */
/** @import { Manifest } from '../workspace.mjs' */

/** @typedef {{ name: string, before: string, after: string, manifest: Manifest, changelog: string }} Versioned */

/**
 * Runs `changeset version` in a copy of the repository, with the texts for packages on npm. Without pending changesets (the version step
 * was done and committed) versions stay as they are.
 *
 * @param {string} root
 * @param {string} copy an empty folder
 * @returns {Promise<Versioned[]>}
 */
export async function versionInCopy(root, copy) {
  copyRepository(root, copy);
  // Changesets asks git which commit brought each of its files.
  const author = ['-c', 'user.name=rehearsal', '-c', 'user.email=rehearsal@localhost'];
  await run('git', ['init', '--quiet'], { cwd: copy });
  await run('git', ['add', '--all'], { cwd: copy });
  await run('git', [...author, 'commit', '--quiet', '--no-verify', '--message', 'copy'], { cwd: copy });
  const before = packageFolders(copy).map((folder) => readManifest(join(copy, 'packages', folder)));
  const pending = readdirSync(join(copy, '.changeset')).filter(
    (file) => file.endsWith('.md') && file !== 'README.md',
  );
  if (pending.length > 0) {
    const changeset = join(copy, 'node_modules/@changesets/cli/bin.js');
    await run(process.execPath, [changeset, 'version'], { cwd: copy });
    publishTexts(copy);
    await run('npm', ['install', '--package-lock-only', '--ignore-scripts'], { cwd: copy });
  }
  return packageFolders(copy).map((folder, at) => {
    const place = join(copy, 'packages', folder);
    const manifest = readManifest(place);
    const changelog = join(place, 'CHANGELOG.md');
    return {
      name: manifest.name ?? '',
      before: before[at]?.version ?? '',
      after: manifest.version ?? '',
      manifest,
      changelog: existsSync(changelog) ? readFileSync(changelog, 'utf8') : '',
    };
  });
}

/**
 * What a release must not do: change the major version, require siblings at versions other than those released with it, or change a
 * version without a CHANGELOG entry.
 *
 * @param {readonly Versioned[]} released
 * @returns {Problem[]}
 */
export function versionProblems(released) {
  const versions = new Map(released.map(({ name, after }) => [name, after]));
  return released.flatMap(({ name, before, after, manifest, changelog }) => {
    /** @type {Problem[]} */
    const problems = [];
    if (after.split('.')[0] !== before.split('.')[0]) {
      problems.push({
        where: `${name}, version`,
        expected: `a version after ${before} with the same first number`,
        got: after,
        hint: 'Look for `major` in .changeset/*.md, and for a sibling under peerDependencies.',
      });
    }
    for (const [sibling, range] of Object.entries(manifest.dependencies ?? {})) {
      const version = versions.get(sibling);
      if (version === undefined || range === `^${version}`) continue;
      problems.push({
        where: `${name}, dependencies ${sibling}`,
        expected: `^${version}`,
        got: range,
        hint: 'Write the range as `^VERSION`: changesets updates that form.',
      });
    }
    if (after !== before && !changelog.includes(`\n## ${after}\n`)) {
      problems.push({
        where: `${name}, CHANGELOG.md`,
        expected: `a section ## ${after}`,
        got: 'none',
        hint: 'Add a changeset that names this package: npm run changeset.',
      });
    }
    return problems;
  });
}

/**
 * Builds the copy, core first and bench last, and packs it.
 *
 * @param {string} root @param {string} copy
 * @param {boolean} reuse takes the builds of the working tree, which must be current
 */
export async function buildCopy(root, copy, reuse) {
  const folders = packageFolders(copy);
  const between = folders.filter((folder) => folder !== 'core' && folder !== 'bench');
  for (const folder of ['core', ...between, 'bench']) {
    const place = join('packages', folder);
    if (reuse) cpSync(join(root, place, 'dist'), join(copy, place, 'dist'), { recursive: true });
    else
      await run(process.execPath, [join(copy, 'node_modules/tsup/dist/cli-default.js')], {
        cwd: join(copy, place),
      });
  }
}

/**
 * @param {string} copy @param {string} out
 * @returns {Promise<{ tarballs: string[], problems: Problem[] }>} paths of the tarballs, and what is wrong in them
 */
export async function packCopy(copy, out) {
  const tarballs = packAll(copy, out).map((file) => join(out, file));
  const problems = checkLock(copy);
  for (const tarball of tarballs) {
    const listed = await run('tar', ['-tzf', tarball]);
    problems.push(...contentProblems(tarball, listed.trim().split('\n')));
  }
  return { tarballs, problems };
}

/**
 * Every tarball has what users need, and nothing that only the repository needs.
 *
 * @param {string} where @param {readonly string[]} paths as tar lists them, below `package/`
 * @returns {Problem[]}
 */
export function contentProblems(where, paths) {
  const missing = ['package.json', 'README.md', 'LICENSE'].filter(
    (file) => !paths.includes(`package/${file}`),
  );
  const stray = paths.filter((path) =>
    /\.map$|^package\/(src|test|coverage)\/|\.test\.|\.tsbuildinfo$/.test(path),
  );
  return [
    ...missing.map((file) => ({
      where,
      expected: file,
      got: 'no such file',
      hint: 'Add it to the package.',
    })),
    ...stray.map((path) => ({
      where,
      expected: 'no maps, sources or tests',
      got: path,
      hint: 'Look at `files` in package.json and at tsup.base.ts.',
    })),
  ];
}

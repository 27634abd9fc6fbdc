import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { packageFolders } from './workspace.mjs';

/**
 * Packs every built package as npm would publish it.
 *
 * @param {string} root the repository, with built packages
 * @param {string} out where the tarballs go; earlier ones there are removed
 * @returns {string[]} names of the tarballs
 */
export function packAll(root, out) {
  mkdirSync(out, { recursive: true });
  for (const file of tarballs(out)) rmSync(join(out, file));
  for (const folder of packageFolders(root)) {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', out], {
      cwd: join(root, 'packages', folder),
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  }
  return tarballs(out);
}

/** @param {string} folder */
function tarballs(folder) {
  return readdirSync(folder)
    .filter((file) => /^distilljs-.+\.tgz$/.test(file))
    .sort();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { out } = new Command('npm run pack:all --')
    .description('Packs the built packages into tarballs that npm installs.')
    .option('--out <folder>', 'where the tarballs go', 'packs')
    .parse()
    .opts();
  const folder = resolve(process.env['INIT_CWD'] ?? '.', out);
  const packed = packAll(join(import.meta.dirname, '..'), folder);
  for (const file of packed) console.log(relative(process.cwd(), join(folder, file)));
  console.log(`\nTo install one technique in another project, give npm its tarball together with that of core:
  npm i ${folder}/distilljs-core-*.tgz ${folder}/distilljs-cckd-*.tgz @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-backend-cpu
The bench needs all of them:
  npm i ${folder}/distilljs-*.tgz && npx distill-bench doctor`);
}

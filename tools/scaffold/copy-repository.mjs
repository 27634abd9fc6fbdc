import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageFolders } from '../workspace.mjs';

const LEFT_OUT = new Set(['node_modules', '.git', '.nx', 'dist', 'coverage', 'runs', 'tmp']);

/**
 * A copy of the repository's sources whose packages resolve to each other, and other dependencies to the original's installation.
 *
 * @param {string} root
 * @param {string} copy an empty folder
 */
export function copyRepository(root, copy) {
  for (const entry of readdirSync(root).filter((name) => !LEFT_OUT.has(name))) {
    cpSync(join(root, entry), join(copy, entry), {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(basename(path)),
    });
  }
  const installed = join(root, 'node_modules');
  mkdirSync(join(copy, 'node_modules/@distilljs'), { recursive: true });
  // Vite's cache folder there is not shared with the copy.
  for (const entry of readdirSync(installed).filter(
    (name) => name !== '@distilljs' && !/^\.(vite|cache)/.test(name),
  )) {
    symlinkSync(join(installed, entry), join(copy, 'node_modules', entry));
  }
  for (const folder of packageFolders(root)) {
    linkPackage(copy, folder);
    const nested = join(root, 'packages', folder, 'node_modules');
    if (existsSync(nested)) symlinkSync(nested, join(copy, 'packages', folder, 'node_modules'));
  }
}

/**
 * What `npm install` does with a new workspace.
 *
 * @param {string} copy @param {string} folder
 */
export function linkPackage(copy, folder) {
  symlinkSync(join(copy, 'packages', folder), join(copy, 'node_modules/@distilljs', folder), 'junction');
}

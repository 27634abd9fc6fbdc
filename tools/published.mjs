import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolders } from './workspace.mjs';

/*
 * As long as no package is on npm, pages and READMEs say so and explain how to install from a clone. A comment beside each such text holds
 * the later version. `npm run version` prepares the release and replaces the text with the comment's.
 */

const BLOCK = /<!-- until published -->\n[\s\S]*?<!-- once published:(?<after>[\s\S]*?)-->\n/g;

/**
 * A text as it reads once its packages are on npm.
 *
 * @param {string} text
 */
export function oncePublished(text) {
  return text
    .replace(BLOCK, (_whole, after) => (after.trim() === '' ? '' : `${after.trim()}\n`))
    .replace(/\n{3,}/g, '\n\n');
}

/**
 * The files of a repository with installation instructions.
 *
 * @param {string} root
 */
export const installTexts = (root) =>
  [
    'README.md',
    'docs/install.md',
    'docs/start.md',
    ...packageFolders(root).map((folder) => `packages/${folder}/README.md`),
  ].filter((file) => existsSync(join(root, file)));

/** @param {string} root @returns {string[]} the files that changed */
export function publishTexts(root) {
  return installTexts(root).filter((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const after = oncePublished(text);
    if (after === text) return false;
    writeFileSync(join(root, file), after);
    return true;
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const file of publishTexts(join(import.meta.dirname, '..'))) console.log(file);

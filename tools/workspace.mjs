import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A package.json, as far as the tools read it.
 *
 * @typedef {object} Manifest
 * @property {string} [name]
 * @property {string} [version]
 * @property {boolean} [private]
 * @property {string} [description]
 * @property {readonly string[]} [keywords]
 * @property {string} [homepage]
 * @property {{ url?: string }} [bugs]
 * @property {{ type?: string, url?: string, directory?: string }} [repository]
 * @property {string} [license]
 * @property {string} [type]
 * @property {unknown} [sideEffects]
 * @property {Record<string, string>} [engines]
 * @property {readonly string[]} [files]
 * @property {Record<string, unknown>} [exports]
 * @property {Record<string, string>} [scripts]
 * @property {{ access?: string }} [publishConfig]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 * @property {Record<string, string>} [optionalDependencies]
 */

/**
 * @param {string} folder
 * @returns {Manifest}
 */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * The workspaces of the repository, `packages/NAME`, by name.
 *
 * @param {string} root
 * @returns {string[]} names of the folders that hold a package.json
 */
export function packageFolders(root) {
  return readdirSync(join(root, 'packages'))
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .sort();
}

/**
 * The home page of the repository, from the address in its package.json: `https://HOST/OWNER/NAME`.
 *
 * @param {Manifest} root
 */
export function homeOf({ repository }) {
  return (repository?.url ?? '').replace(/^git\+/, '').replace(/\.git$/, '');
}

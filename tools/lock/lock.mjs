import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One entry of a lock file, as far as the checks read it.
 *
 * @typedef {object} LockEntry
 * @property {string} [name]
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {boolean} [link]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 * @property {string} [license]
 */

/** @typedef {{ packages: Record<string, LockEntry> }} Lock entries by the folder that npm puts them in; `''` is the root */

/**
 * @param {string} root
 * @returns {Lock}
 */
export function readLock(root) {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
}

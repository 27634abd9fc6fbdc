import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inSync } from './lock/in-sync.mjs';
import { readLock } from './lock/lock.mjs';
import { noAddresses } from './lock/no-addresses.mjs';
import { optionalPresent } from './lock/optional-present.mjs';
import { report } from './problem.mjs';
import { packageFolders, readManifest } from './workspace.mjs';

/**
 * Checks that `npm ci` can install from the lock file, on every platform and from any registry.
 *
 * @param {string} root
 */
export function checkLock(root) {
  const lock = readLock(root);
  const places = ['', ...packageFolders(root).map((folder) => `packages/${folder}`)];
  const manifests = Object.fromEntries(places.map((place) => [place, readManifest(join(root, place))]));
  return [...optionalPresent(lock), ...noAddresses(lock), ...inSync(lock, manifests)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  report('package-lock.json', checkLock(join(import.meta.dirname, '..')));
}

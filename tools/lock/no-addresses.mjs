/** @import { Lock } from './lock.mjs' */
/** @import { Problem } from '../problem.mjs' */

/**
 * No entry names its download address, so that installations use their configured registry. Links to folders of this repository are
 * allowed.
 *
 * @param {Lock} lock
 * @returns {Problem[]}
 */
export function noAddresses(lock) {
  return Object.entries(lock.packages)
    .filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)
    .map(([place, entry]) => ({
      where: `package-lock.json, ${place}`,
      expected: 'no `resolved` address',
      got: `one at ${hostOf(entry.resolved ?? '')}`,
      hint: 'Keep `omit-lockfile-registry-resolved=true` in .npmrc and run `npm install --package-lock-only`.',
    }));
}

/** @param {string} address */
function hostOf(address) {
  return URL.canParse(address) ? new URL(address).host || address : address;
}

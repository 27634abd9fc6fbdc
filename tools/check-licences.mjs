import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import satisfies from 'spdx-satisfies';
import { readLock } from './lock/lock.mjs';
import { report } from './problem.mjs';

/** @import { Lock, LockEntry } from './lock/lock.mjs' */
/** @import { Problem } from './problem.mjs' */

/** Licenses acceptable for users of the packages: they demand nothing beyond keeping notices. */
const FOR_USERS = [
  ...['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BSL-1.0'],
  ...['BlueOak-1.0.0', 'Unlicense', 'CC0-1.0'],
];

/** Licenses acceptable for development programs, of which nothing is published. */
const FOR_DEVELOPMENT = [
  ...FOR_USERS,
  'MPL-2.0',
  'LGPL-3.0-or-later',
  'Python-2.0',
  'CC-BY-3.0',
  'CC-BY-4.0',
];

/** Licenses, from the license file, of packages whose manifest has no SPDX expression. */
const READ_BY_HAND = new Map([
  ['jstat', 'MIT'],
  ['slick', 'MIT'],
  ['spawndamnit', 'MIT'],
]);

/**
 * Checks that every package in the lock, for all platforms, has an accepted license: permissive for packages that users install,
 * also weak copyleft for development.
 *
 * @param {Lock} lock
 * @returns {Problem[]}
 */
export function licenceProblems(lock) {
  const shipped = shippedPlaces(lock);
  return Object.entries(lock.packages).flatMap(([place, entry]) => {
    if (entry.link === true || !place.includes('node_modules/')) return [];
    const name = place.split('node_modules/').at(-1) ?? '';
    const accepted = shipped.has(place) ? FOR_USERS : FOR_DEVELOPMENT;
    const license = READ_BY_HAND.get(name) ?? entry.license;
    if (license !== undefined && isAccepted(license, accepted)) return [];
    return [
      {
        where: `package-lock.json, ${place}`,
        expected: `a license among ${accepted.join(', ')}`,
        got: license ?? 'none',
        hint: 'Read its license file: add it to READ_BY_HAND in tools/check-licences.mjs if it is one of these, else choose another package.',
      },
    ];
  });
}

/** @param {string} license @param {string[]} accepted */
function isAccepted(license, accepted) {
  try {
    return satisfies(license, accepted);
  } catch {
    return false;
  }
}

/**
 * What a user installs with the workspaces' packages: their dependencies and required peers, transitively.
 *
 * @param {Lock} lock
 * @returns {Set<string>}
 */
export function shippedPlaces(lock) {
  const waiting = Object.keys(lock.packages).filter(
    (place) => place !== '' && !place.includes('node_modules/'),
  );
  /** @type {Set<string>} */
  const found = new Set();
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (found.has(place)) continue;
    found.add(place);
    const entry = lock.packages[place] ?? {};
    for (const name of requiredOf(entry)) {
      const target = placeOf(lock, place, name);
      if (target !== undefined) waiting.push(target);
    }
  }
  return found;
}

/** @param {LockEntry} entry */
function requiredOf({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }) {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...peers];
}

/** Where Node finds `name` from `place`. @param {Lock} lock @param {string} place @param {string} name */
function placeOf(lock, place, name) {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (candidate in lock.packages) return candidate;
    if (folder === '') return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  report('licenses', licenceProblems(readLock(join(import.meta.dirname, '..'))));
}

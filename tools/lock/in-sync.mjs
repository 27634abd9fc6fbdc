import { isDeepStrictEqual } from 'node:util';

/** @import { Lock } from './lock.mjs' */
/** @import { Problem } from '../problem.mjs' */
/** @import { Manifest } from '../workspace.mjs' */

const GROUPS = /** @type {const} */ ([
  'dependencies',
  'devDependencies',
  'peerDependencies',
  'optionalDependencies',
]);

/**
 * The lock agrees with the manifests on the version and dependencies of each workspace, and a package of this repository always
 * resolves to its folder, never to a registry.
 *
 * @param {Lock} lock
 * @param {Readonly<Record<string, Manifest>>} manifests by their place in the lock; `''` is the root
 * @returns {Problem[]}
 */
export function inSync(lock, manifests) {
  return [
    ...Object.entries(manifests).flatMap(([place, manifest]) => differences(lock, place, manifest)),
    ...Object.keys(lock.packages)
      .filter((place) => place !== '' && !place.includes('node_modules/') && !(place in manifests))
      .map((place) => stale(place, 'no such workspace', 'a package.json in that folder')),
    ...foreignSiblings(lock, manifests),
  ];
}

/**
 * @param {Lock} lock @param {string} place @param {Manifest} manifest
 * @returns {Problem[]}
 */
function differences(lock, place, manifest) {
  const entry = lock.packages[place];
  if (entry === undefined) return [stale(place, 'no entry', 'an entry for this workspace')];
  const problems = [];
  if (entry.version !== manifest.version) {
    problems.push(stale(place, `version ${entry.version}`, `version ${manifest.version}`));
  }
  for (const group of GROUPS) {
    const locked = entry[group] ?? {};
    const declared = manifest[group] ?? {};
    for (const name of new Set([...Object.keys(locked), ...Object.keys(declared)])) {
      if (isDeepStrictEqual(locked[name], declared[name])) continue;
      const range = (/** @type {string | undefined} */ text) => `${group} ${name} ${text ?? '(none)'}`;
      problems.push(stale(place, range(locked[name]), range(declared[name])));
    }
  }
  return problems;
}

/**
 * @param {Lock} lock @param {Readonly<Record<string, Manifest>>} manifests
 * @returns {Problem[]}
 */
function foreignSiblings(lock, manifests) {
  const siblings = new Set(Object.values(manifests).map((manifest) => manifest.name));
  return Object.entries(lock.packages)
    .filter(([place, entry]) => {
      const name = place.split('node_modules/').at(-1);
      return place.includes('node_modules/') && siblings.has(name) && entry.link !== true;
    })
    .map(([place]) => ({
      where: `package-lock.json, ${place}`,
      expected: "a link to this repository's own package",
      got: 'a copy from a registry, because a declared range leaves out the version in the folder',
      hint: 'Widen the range in the package.json that asks for it, then run `npm install --package-lock-only`.',
    }));
}

/**
 * @param {string} place @param {string} got @param {string} expected
 * @returns {Problem}
 */
function stale(place, got, expected) {
  return {
    where: `package-lock.json, ${place === '' ? 'the root' : place}`,
    expected,
    got,
    hint: 'Run `npm install --package-lock-only` and commit the lock.',
  };
}

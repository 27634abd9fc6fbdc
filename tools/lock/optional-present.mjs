/** @import { Lock } from './lock.mjs' */
/** @import { Problem } from '../problem.mjs' */

/**
 * Every optional dependency that a lock entry names is in the lock.
 *
 * A registry may lack a platform's package: `npm install` then silently omits it, and `npm ci` on that platform fails, or starts a
 * tool without its binary.
 *
 * @param {Lock} lock
 * @returns {Problem[]}
 */
export function optionalPresent(lock) {
  return Object.entries(lock.packages).flatMap(([place, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !isReachable(lock, place, name))
      .map((name) => ({
        where: `package-lock.json, ${place === '' ? 'the root' : place}`,
        expected: `its optional dependency ${name} in the lock`,
        got: 'no entry',
        hint: `Pin a version of ${place.split('node_modules/').at(-1) ?? place} all of whose platform packages the registry has, then run \`npm install\`.`,
      })),
  );
}

/**
 * Whether Node's lookup from `place` finds `name`: in its own node_modules, then in each one further up.
 *
 * @param {Lock} lock @param {string} place @param {string} name
 */
function isReachable(lock, place, name) {
  let folder = place;
  while (folder !== '') {
    if (`${folder}/node_modules/${name}` in lock.packages) return true;
    const up = folder.lastIndexOf('/node_modules/');
    folder = up === -1 ? '' : folder.slice(0, up);
  }
  return `node_modules/${name}` in lock.packages;
}

import { posix } from 'node:path';
import { packageOf } from './imports.mjs';

/** @import { Problem } from '../problem.mjs' */
/** @import { Package, Rule } from './repository.mjs' */

/** What each role may depend on. The order is strict, so packages cannot form a cycle. */
const MAY_USE = /** @type {const} */ ({
  core: [],
  technique: ['core'],
  bench: ['core', 'technique'],
});

const IN_WORDS = {
  core: 'no other package of this repository in core',
  technique: 'core as the only other package of this repository in a technique',
  bench: 'core and techniques as the only other packages of this repository in bench',
};

const GROUPS = /** @type {const} */ ([
  'dependencies',
  'devDependencies',
  'peerDependencies',
  'optionalDependencies',
]);

/**
 * The dependency rule `bench → techniques → core → tfjs`, in manifests and imports. It holds for tests too: a package must build, test
 * and publish without packages above or beside it.
 *
 * @type {Rule}
 */
export const layers = ({ packages }) => {
  const byName = new Map(packages.map((each) => [each.name, each]));
  return packages.flatMap((subject) => [
    ...GROUPS.flatMap((group) =>
      Object.keys(subject.manifest[group] ?? {})
        .filter((name) => isForbidden(subject, name, byName))
        .map((name) => wrong(subject, `${subject.path}/package.json, ${group}`, name)),
    ),
    ...subject.sources.flatMap((source) =>
      source.imports.flatMap(({ specifier, line }) => {
        const where = `${source.path}:${line}`;
        const name = packageOf(specifier);
        if (name !== undefined) {
          return isForbidden(subject, name, byName) ? [wrong(subject, where, specifier)] : [];
        }
        return source.area !== 'config' && leaves(subject, source.path, specifier)
          ? [{ ...wrong(subject, where, specifier), hint: 'Import the package by its name, not its files.' }]
          : [];
      }),
    ),
  ]);
};

/** @param {Package} subject @param {string} name @param {ReadonlyMap<string, Package>} byName */
function isForbidden(subject, name, byName) {
  if (name === subject.name || !name.startsWith('@distilljs/')) return false;
  const target = byName.get(name);
  return (
    target === undefined || !(/** @type {readonly string[]} */ (MAY_USE[subject.role]).includes(target.role))
  );
}

/** Whether a relative import reaches out of its package. @param {Package} subject @param {string} path @param {string} specifier */
function leaves(subject, path, specifier) {
  return (
    specifier.startsWith('.') && !posix.join(posix.dirname(path), specifier).startsWith(`${subject.path}/`)
  );
}

/**
 * @param {Package} subject @param {string} where @param {string} got
 * @returns {Problem}
 */
function wrong({ role }, where, got) {
  return {
    where,
    expected: IN_WORDS[role],
    got,
    hint: 'Move what both need into core, or compare the two in bench.',
  };
}

import ts from 'typescript';
import { packageOf } from './imports.mjs';

/** @import { Package, Repository, Rule, Source } from './repository.mjs' */

/**
 * Every declared dependency is named by some source. Three kinds need no import: a peer of a sibling among the dependencies, types of a
 * declared package, and the copy of a peer that tests run with.
 *
 * @type {Rule}
 */
export const usedDependencies = (repository) =>
  repository.packages.flatMap((subject) => {
    const published = subject.sources.filter(({ area }) => area === 'src' || area === 'bin');
    const inPublished = namedIn(published);
    const inAll = namedIn(subject.sources);
    const passedOn = requiredPeersOfSiblings(repository, subject);
    const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = subject.manifest;
    /** @type {(name: string, named: ReadonlySet<string>) => boolean} */
    const isUsed = (name, named) =>
      named.has(name) || passedOn.has(name) || (name.startsWith('@types/') && isUsed(typed(name), named));
    /** @param {string} group @param {readonly string[]} unused */
    const problems = (group, unused) =>
      unused.map((name) => ({
        where: `${subject.path}/package.json, ${group}`,
        expected: 'only packages that a source imports or names',
        got: name,
        hint: 'Remove it and run `npm install`.',
      }));
    return [
      ...problems(
        'dependencies',
        Object.keys(dependencies).filter((name) => !isUsed(name, inPublished)),
      ),
      ...problems(
        'peerDependencies',
        Object.keys(peerDependencies).filter((name) => !isUsed(name, inPublished)),
      ),
      ...problems(
        'devDependencies',
        Object.keys(devDependencies).filter((name) => !(name in peerDependencies) && !isUsed(name, inAll)),
      ),
    ];
  });

/** `@types/a__b` types `@a/b`. @param {string} name */
function typed(name) {
  const base = name.slice('@types/'.length);
  return base.includes('__') ? `@${base.replace('__', '/')}` : base;
}

/**
 * Packages that these sources import, or name in a string (an optional one is loaded by its name).
 *
 * @param {readonly Source[]} sources
 * @returns {Set<string>}
 */
function namedIn(sources) {
  /** @type {Set<string>} */
  const named = new Set();
  for (const { syntax } of sources) {
    /** @param {ts.Node} node */
    const visit = (node) => {
      if (ts.isStringLiteralLike(node)) named.add(packageOf(node.text) ?? '');
      ts.forEachChild(node, visit);
    };
    visit(syntax);
  }
  return named;
}

/** @param {Repository} repository @param {Package} subject */
function requiredPeersOfSiblings({ packages }, { manifest }) {
  const siblings = packages.filter(({ name }) => name in (manifest.dependencies ?? {}));
  return new Set(
    siblings.flatMap(({ manifest: { peerDependencies = {}, peerDependenciesMeta = {} } }) =>
      Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true),
    ),
  );
}

import { packageOf } from './imports.mjs';

/** @import { Problem } from '../problem.mjs' */
/** @import { Manifest } from '../workspace.mjs' */
/** @import { Package, Rule } from './repository.mjs' */

/**
 * Every package that a source imports is declared in its own package.json: for published code under `dependencies` or
 * `peerDependencies`, for tests and configuration anywhere there or at the root.
 *
 * @type {Rule}
 */
export const declaredImports = ({ packages, manifest: root }) =>
  packages.flatMap((subject) => {
    const published = names(subject.manifest, 'dependencies', 'peerDependencies', 'optionalDependencies');
    const all = new Set([
      subject.name,
      ...published,
      ...names(subject.manifest, 'devDependencies'),
      ...names(root, 'devDependencies', 'optionalDependencies'),
    ]);
    return subject.sources.flatMap((source) => {
      const isPublished = source.area === 'src' || source.area === 'bin';
      const declared = isPublished ? published : all;
      return source.imports.flatMap(({ specifier, line }) => {
        const name = packageOf(specifier);
        return name === undefined || declared.has(name)
          ? []
          : [undeclared(subject, `${source.path}:${line}`, name, isPublished)];
      });
    });
  });

/** @param {Manifest} manifest @param {...('dependencies' | 'devDependencies' | 'peerDependencies' | 'optionalDependencies')} groups */
function names(manifest, ...groups) {
  return new Set(groups.flatMap((group) => Object.keys(manifest[group] ?? {})));
}

/**
 * @param {Package} subject @param {string} where @param {string} name @param {boolean} isPublished
 * @returns {Problem}
 */
function undeclared({ path }, where, name, isPublished) {
  const groups = isPublished ? '`dependencies` or `peerDependencies`' : '`devDependencies`';
  return {
    where,
    expected: `an import that ${path}/package.json declares under ${groups}`,
    got: name,
    hint: `Declare it with a version, or write \`node:${name}\` if Node's own module is meant.`,
  };
}

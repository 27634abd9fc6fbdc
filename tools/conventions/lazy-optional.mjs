import { packageOf } from './imports.mjs';

/** @import { Rule } from './repository.mjs' */

/**
 * An optional peer is loaded by `import()` when needed, or only by the entry `testing`: the rest must load without it.
 *
 * @type {Rule}
 */
export const lazyOptional = ({ packages }) =>
  packages.flatMap(({ manifest, sources }) =>
    sources
      .filter(({ area, place }) => area === 'src' && !place.startsWith('src/testing/'))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier, kind }) => {
            const meta = manifest.peerDependenciesMeta?.[packageOf(specifier) ?? ''];
            return kind === 'static' && meta?.optional === true;
          })
          .map(({ specifier, line }) => ({
            where: `${path}:${line}`,
            expected: 'an optional peer to be loaded by `import()`',
            got: `a static import of ${specifier}`,
            hint: 'Load it where it is needed, and say on failure which package is missing and which command brings it.',
          })),
      ),
  );

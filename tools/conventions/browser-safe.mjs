import { builtinModules } from 'node:module';

/** @import { Rule } from './repository.mjs' */

const BUILTIN = new Set(builtinModules);

/**
 * Core and the techniques load in a browser: they have no static import of Node's modules. Functions that need them (files, native
 * engines) use `await import('node:…')`.
 *
 * @type {Rule}
 */
export const browserSafe = ({ packages }) =>
  packages
    .filter(({ role }) => role !== 'bench')
    .flatMap(({ sources }) => sources.filter(({ area }) => area === 'src'))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier, kind }) => kind === 'static' && isBuiltin(specifier))
        .map(({ specifier, line }) => ({
          where: `${path}:${line}`,
          expected: "no static import of Node's modules",
          got: specifier,
          hint: `Write \`await import('${specifier}')\` where it is used, so that browsers never meet it.`,
        })),
    );

/** @param {string} specifier */
function isBuiltin(specifier) {
  return specifier.startsWith('node:') || BUILTIN.has(specifier);
}

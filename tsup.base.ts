import { defineConfig } from 'tsup';

/**
 * The one build recipe: ESM and CJS side by side, each with its own declaration file.
 *
 * @param exported entries that package.json exports
 * @param apart entries that it does not: files of their own, without declarations
 */
export function library(
  exported: Record<string, string>,
  apart: Record<string, string> = {},
): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry: { ...exported, ...apart },
    format: ['esm', 'cjs'],
    target: 'es2022',
    // Neither browser nor Node: what a package depends on stays an import, and Node's modules are imported where they are needed.
    platform: 'neutral',
    external: [/^node:/],
    // Without it `node:fs` becomes `fs`, which browsers' bundlers and Deno take for a package.
    removeNodeProtocol: false,
    // Maps would be two thirds of what a user downloads, and whitespace a thirteenth of what is left. Names stay, for stack traces.
    sourcemap: false,
    esbuildOptions(options) {
      options.minifyWhitespace = true;
    },
    // For CommonJS too: two entries of one package share their code, and so its state.
    splitting: true,
    clean: true,
    // Packages have no side effects: an entry that imported chunks for them would keep bundlers from leaving those out.
    treeshake: { moduleSideEffects: (id) => !id.includes('chunk-') },
    // tsup 8 still sets `baseUrl` for its declaration build, which TypeScript 6 calls deprecated.
    // Without conditions it reads the declarations that siblings publish, as a user's compiler does.
    dts: { entry: exported, compilerOptions: { ignoreDeprecations: '6.0', customConditions: [] } },
  });
}

import { defineConfig } from 'tsup';

/** The one build recipe: ESM and CJS side by side, each with its own declaration file. */
export function library(entry: Record<string, string>): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'neutral',
    sourcemap: true,
    clean: true,
    treeshake: true,
    // tsup 8 still sets `baseUrl` for its declaration build, which TypeScript 6 calls deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: [] } },
  });
}

import { defineProject } from 'vitest/config';

// Sources before builds, so that a test sees the sibling packages as they stand; the rest is Vite's own list.
const conditions = ['@distilljs/source', 'module', 'node', 'development|production'];

/** The one test recipe of a package: `test/**\/*.test.ts`, run against the sources of all packages. */
export function packageTests(name: string): ReturnType<typeof defineProject> {
  return defineProject({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: ['@distilljs/source'] } },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      // Native bindings of tensor engines crash worker threads.
      pool: 'forks',
      // As many files at once as there are processors: threads of each would only be in the way of the others.
      env: { DISTILLJS_THREADS: '1' },
      // A hang is found all the same; a machine that does other things too is no fault.
      testTimeout: 300_000,
      hookTimeout: 300_000,
    },
  });
}

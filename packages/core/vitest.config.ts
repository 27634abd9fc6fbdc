import { defineProject } from 'vitest/config';

export default defineProject({
  resolve: { conditions: ['@distilljs/source'] },
  ssr: { resolve: { conditions: ['@distilljs/source'], externalConditions: ['@distilljs/source'] } },
  test: { name: 'core', include: ['test/**/*.test.ts'], pool: 'forks', testTimeout: 120_000 },
});

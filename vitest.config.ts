import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'tools'],
    maxWorkers: '100%',
    reporters: ['default', './tools/count-reporter.mjs'],
    coverage: { include: ['packages/*/src/**'] },
  },
});

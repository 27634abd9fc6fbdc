import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'tools'],
    reporters: ['default', './tools/count-reporter.mjs'],
    coverage: { include: ['packages/*/src/**'] },
  },
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** @typedef {Readonly<Record<string, string | object | null>>} Tree texts (objects as JSON) by path; null: no such file */

/**
 * Writes a tree of files into a new temporary folder, which is removed at the end of the test.
 *
 * @param {Tree} tree
 * @returns {string} the folder
 */
export function writeTree(tree) {
  const root = mkdtempSync(join(tmpdir(), 'distilljs-tree-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  for (const [path, content] of Object.entries(tree)) {
    if (content === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

/**
 * The smallest valid repository: core, one technique `alpha` and bench.
 *
 * @type {Tree}
 */
export const TREE_IN_ORDER = {
  'package.json': {
    name: 'tree',
    private: true,
    engines: { node: '>=20' },
    repository: { type: 'git', url: 'git+https://example.org/tree/tree.git' },
    devDependencies: { vitest: '4.0.0' },
  },
  LICENSE: 'the license\n',
  '.changeset/config.json': { changelog: '@changesets/cli/changelog', fixed: [], linked: [], ignore: [] },
  ...packageFiles('core', {
    dependencies: { 'pure-rand': '^8.0.0' },
    peerDependencies: { '@tensorflow/tfjs-core': '^4.0.0', webgpu: '^0.6.0' },
    peerDependenciesMeta: { webgpu: { optional: true } },
    devDependencies: { '@tensorflow/tfjs-core': '4.22.0' },
  }),
  'packages/core/README.md': '# @distilljs/core\n',
  'packages/core/src/index.ts':
    "export { low } from './low/low.js';\nexport type { High } from './high/high.js';\n",
  'packages/core/src/low/low.ts':
    "import { xorshift } from 'pure-rand';\nexport const low = (high: unknown) => xorshift(high);\n",
  'packages/core/src/high/high.ts':
    "import * as tf from '@tensorflow/tfjs-core';\nimport { low } from '../low/low.js';\nexport type High = typeof tf;\nexport const load = async () => [low, await import('webgpu'), await import('node:fs')];\n",
  'packages/core/test/low.test.ts':
    "import { it } from 'vitest';\nimport { low } from '../src/low/low.js';\n",
  ...packageFiles('alpha', {
    dependencies: { '@distilljs/core': '^0.1.0' },
    peerDependencies: { '@tensorflow/tfjs-core': '^4.0.0' },
  }),
  'packages/alpha/README.md':
    '# @distilljs/alpha\n\nAlpha of [Paper](https://example.org).\n\n## What to expect\n\n## Install\n\n## Example\n\n```sh\n# a comment\n## another\n```\n\n## Notes\n\n## Options\n\n[Page](../../docs/techniques/alpha.md)\n',
  'docs/techniques/alpha.md':
    '# Alpha\n\n## What to expect\n\n## The idea\n\n## Equations\n\n## Options\n\n## Where it differs from the paper\n\n## What is unknown\n\n## Measured\n',
  'packages/alpha/src/index.ts': "export { alpha } from './alpha.js';\n",
  'packages/alpha/src/alpha.ts': "import { low } from '@distilljs/core';\nexport const alpha = low;\n",
  'packages/alpha/test/fixtures/loss.json': '{}',
  'packages/alpha/test/fixtures/README.md': '`loss.json`: made by the reference implementation.\n',
  ...packageFiles('bench', {
    dependencies: { '@distilljs/alpha': '^0.1.0', '@distilljs/core': '^0.1.0' },
  }),
  'packages/bench/README.md': '# @distilljs/bench\n',
  'packages/bench/src/index.ts': "export { run } from './run.js';\n",
  'packages/bench/src/run.ts':
    "import { readFileSync } from 'node:fs';\nimport { alpha } from '@distilljs/alpha';\nimport { low } from '@distilljs/core';\nexport const run = [readFileSync, alpha, low];\n",
};

/**
 * package.json and LICENSE of a valid package.
 *
 * @param {string} folder @param {object} dependencies
 * @returns {Tree}
 */
function packageFiles(folder, dependencies) {
  return {
    [`packages/${folder}/LICENSE`]: 'the license\n',
    [`packages/${folder}/package.json`]: {
      name: `@distilljs/${folder}`,
      version: '0.1.0',
      description: 'One sentence.',
      keywords: ['knowledge-distillation'],
      homepage: `https://example.org/tree/tree/tree/main/packages/${folder}#readme`,
      bugs: { url: 'https://example.org/tree/tree/issues' },
      repository: {
        type: 'git',
        url: 'git+https://example.org/tree/tree.git',
        directory: `packages/${folder}`,
      },
      license: 'Apache-2.0',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20' },
      files: ['dist'],
      exports: {
        '.': {
          '@distilljs/source': './src/index.ts',
          import: { types: './dist/index.d.ts', default: './dist/index.js' },
          require: { types: './dist/index.d.cts', default: './dist/index.cjs' },
        },
        './package.json': './package.json',
      },
      scripts: { build: 'b', typecheck: 't', lint: 'l', test: 'v', 'pack:check': 'p' },
      publishConfig: { access: 'public' },
      ...dependencies,
    },
  };
}

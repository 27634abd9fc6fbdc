import { expect, it } from 'vitest';
import { describeRules, manifest, problemsWith } from './describe-rules.mjs';

/** @import { Case } from './describe-rules.mjs' */

it('the entry `testing` may import an optional peer', () => {
  expect(problemsWith({ 'packages/core/src/testing/gpu.ts': "export { create } from 'webgpu';\n" })).toEqual(
    [],
  );
});

describeRules({
  tableOfContents: [
    [
      'there is no entry',
      { 'packages/alpha/src/index.ts': null },
      [
        'packages/alpha/package.json, exports["."]["@distilljs/source"]: expected a source file',
        'packages/alpha/src/index.ts: expected the typed entry of the package, got no file.',
      ],
    ],
    [
      'an index holds logic',
      { 'packages/alpha/src/index.ts': "export { alpha } from './alpha.js';\nexport const beta = 1;\n" },
      ["packages/alpha/src/index.ts:2: expected `export { name, … } from './file.js'`"],
    ],
  ],
  explicitExports: [
    [
      'an index exports everything',
      { 'packages/alpha/src/index.ts': "export * from './alpha.js';\n" },
      ['packages/alpha/src/index.ts:1: expected exports by name, got `export *`.'],
    ],
    [
      'a namespace is exported',
      { 'packages/alpha/src/index.ts': "export * as alpha from './alpha.js';\n" },
      ['packages/alpha/src/index.ts:1: expected exports by name, got `export *`.'],
    ],
    ...['export default 1;', 'export default function f() {}', 'const a = 1;\nexport { a as default };'].map(
      /** @returns {Case} */
      (code) => [
        `a default is exported: ${code.replace('\n', ' ')}`,
        { 'packages/alpha/src/beta.ts': `${code}\n` },
        [`packages/alpha/src/beta.ts:${code.split('\n').length}: expected exports by name, got a default`],
      ],
    ),
  ],
  layers: [
    [
      'a technique imports bench',
      {
        ...manifest('alpha', {
          dependencies: { '@distilljs/core': '^0.1.0', '@distilljs/bench': '^0.1.0' },
        }),
        'packages/alpha/src/alpha.ts':
          "import { low } from '@distilljs/core';\nimport { run } from '@distilljs/bench';\nexport const alpha = [low, run];\n",
      },
      [
        'packages/alpha/package.json, dependencies: expected core as the only other package of this repository in a technique',
        'packages/alpha/src/alpha.ts:2: expected core as the only other package of this repository in a technique, got @distilljs/bench.',
      ],
    ],
    [
      "core's test imports a technique",
      {
        ...manifest('core', { devDependencies: { '@distilljs/alpha': '^0.1.0' } }),
        'packages/core/test/low.test.ts': "import { alpha } from '@distilljs/alpha';\n",
      },
      [
        'packages/core/package.json, devDependencies: expected no other package',
        'packages/core/test/low.test.ts:1: expected no other package of this repository in core, got @distilljs/alpha.',
      ],
    ],
    [
      "an import reaches into a sibling's files",
      {
        'packages/alpha/test/a.test.ts': "import { low } from '../../core/src/low/low.js';\n",
      },
      [
        'packages/alpha/test/a.test.ts:1: expected core as the only other package of this repository in a technique, got ../../core/src',
      ],
    ],
  ],
  techniqueNames: [
    [
      'core names a technique',
      {
        'packages/core/src/low/list.ts':
          '// as in CCKD\nexport const vamMask = 1;\nexport const vampire = 2;\n',
      },
      [
        'packages/core/src/low/list.ts:1: expected no technique by name in core, got `CCKD`.',
        'packages/core/src/low/list.ts:2: expected no technique by name in core, got `vam`.',
      ],
    ],
  ],
  folderCycles: [
    [
      'two folders import each other',
      {
        'packages/core/src/low/low.ts':
          "import { xorshift } from 'pure-rand';\nimport { load } from '../high/high.js';\nexport const low = [xorshift, load];\n",
      },
      [
        'packages/core/src: expected folders that import one another in one direction only, got the cycle high → low (src/high/high.ts:2), low → high (src/low/low.ts:2).',
        'packages/core/src: expected files that import one another in one direction only, types included, got the cycle high/high.ts → low/low.ts → high/high.ts.',
      ],
    ],
  ],
  declaredImports: [
    [
      'a source imports what is not declared',
      { 'packages/alpha/src/beta.ts': "import type { A } from 'lodash/fp';\nexport type B = A;\n" },
      ['packages/alpha/src/beta.ts:1: expected an import that packages/alpha/package.json declares'],
    ],
    [
      'a source imports what only tests have',
      { 'packages/alpha/src/beta.ts': "export { it } from 'vitest';\n" },
      ['packages/alpha/src/beta.ts:1: expected an import that packages/alpha/package.json declares'],
    ],
    [
      'a test imports what nobody declares',
      { 'packages/alpha/test/b.test.ts': "const a = await import('lodash');\n" },
      ['packages/alpha/test/b.test.ts:1: expected an import that packages/alpha/package.json declares'],
    ],
  ],
  usedDependencies: [
    [
      'a dependency is never imported',
      manifest('alpha', { dependencies: { '@distilljs/core': '^0.1.0', yaml: '^2.0.0' } }),
      [
        'packages/alpha/package.json, dependencies: expected only packages that a source imports or names, got yaml.',
      ],
    ],
    [
      'a dependency is only imported by a test',
      {
        ...manifest('alpha', { dependencies: { '@distilljs/core': '^0.1.0', yaml: '^2.0.0' } }),
        'packages/alpha/test/b.test.ts': "import 'yaml';\n",
      },
      [
        'packages/alpha/package.json, dependencies: expected only packages that a source imports or names, got yaml.',
      ],
    ],
    [
      'types are declared for nothing',
      manifest('alpha', { devDependencies: { '@types/yaml': '^2.0.0' } }),
      [
        'packages/alpha/package.json, devDependencies: expected only packages that a source imports or names, got @types/yaml.',
      ],
    ],
  ],
  browserSafe: [
    [
      "core imports Node's modules statically",
      {
        'packages/core/src/low/file.ts':
          "import { readFileSync } from 'node:fs';\nexport { readFileSync };\n",
      },
      ["packages/core/src/low/file.ts:1: expected no static import of Node's modules, got node:fs."],
    ],
  ],
  lazyOptional: [
    [
      'an optional peer is imported statically',
      { 'packages/core/src/low/gpu.ts': "export { create } from 'webgpu';\n" },
      ['packages/core/src/low/gpu.ts:1: expected an optional peer to be loaded by `import()`, got a static'],
    ],
  ],
  fileCycles: [
    [
      'two files of a folder import types of each other',
      {
        'packages/alpha/src/one.ts': "import type { Two } from './two.js';\nexport type One = Two[];\n",
        'packages/alpha/src/two.ts': "import type { One } from './one.js';\nexport type Two = One[];\n",
      },
      [
        'packages/alpha/src: expected files that import one another in one direction only, types included, got the cycle one.ts → two.ts → one.ts.',
      ],
    ],
    [
      'one of the two holds markup',
      {
        'packages/alpha/src/one.ts': "import type { Two } from './two.js';\nexport type One = Two[];\n",
        'packages/alpha/src/two.tsx': "import type { One } from './one.js';\nexport type Two = One[];\n",
      },
      [
        'packages/alpha/src: expected files that import one another in one direction only, types included, got the cycle one.ts → two.tsx → one.ts.',
      ],
    ],
  ],
  fileLength: [
    [
      'a file holds two ideas',
      { 'packages/alpha/src/long.ts': 'export {};\n'.repeat(251) },
      ['packages/alpha/src/long.ts: expected at most 250 lines, got 251.'],
    ],
  ],
  smallFiles: [
    [
      'a family is spread over many files',
      Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [
          `packages/alpha/src/part${at}.ts`,
          `export const part${at} = 1;\n`,
        ]),
      ),
      ['packages/alpha/src: expected at most 10 % of the files with 20 lines or fewer, got 13 of 13:'],
    ],
  ],
  fileNames: [
    [
      'a file is named after nothing',
      { 'packages/alpha/src/math-utils.ts': 'export const half = 0.5;\n' },
      [
        'packages/alpha/src/math-utils.ts: expected a name that says what the file holds, in small letters and hyphens, got math-utils.ts.',
      ],
    ],
  ],
  oneContractVersion: [
    [
      'a method is made by hand',
      { 'packages/alpha/src/beta.ts': "export const beta = { spec: 'v1', name: 'beta' };\n" },
      ["packages/alpha/src/beta.ts:1: expected methods made by defineMethod, got `spec: 'v1'`."],
    ],
  ],
  namedWeights: [
    [
      'an option is called alpha',
      { 'packages/alpha/src/beta.ts': 'export interface BetaOptions {\n  readonly alpha: number;\n}\n' },
      ['packages/alpha/src/beta.ts:2: expected an option whose name says what it weighs, got `alpha`.'],
    ],
  ],
});

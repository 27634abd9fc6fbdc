import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { TARGET, buildKernels } from '../../../kernels/build.mjs';

test('compiling the sources of the kernels gives the committed bytes', async () => {
  const hint = 'packages/core: run `node kernels/build.mjs` and commit what it writes';
  expect(await buildKernels(), hint).toBe(await readFile(TARGET, 'utf8'));
});

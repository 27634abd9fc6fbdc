import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findBindingPackage } from './find-package.mjs';
import { describeTraining, problemOf, verifyTraining } from './verify.mjs';

const BINDING_PACKAGE = packageWithBinding();

/** The folder of tfjs-node where its binding is there, as after `npm run engine:native`. */
function packageWithBinding() {
  try {
    const { folder, binding } = findBindingPackage(
      fileURLToPath(new URL('../..', import.meta.url)),
      'tfjs-node',
    );
    return fs.existsSync(binding) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** @type {import('./verify.mjs').Trained} */
const GOOD = {
  backend: 'tensorflow',
  tensorflowVersion: '2.21.0',
  gpu: false,
  losses: [2, 0.5, 0.01],
  product: 1024,
  matmulMs: 20,
};

describe('problemOf', () => {
  it('finds none in a run that learned', () => {
    expect(problemOf(GOOD)).toBeUndefined();
  });

  it.each([
    [{ backend: 'cpu' }, /the backend is cpu/],
    [{ losses: [2, 1.5, 1.2] }, /the loss went from 2 to 1\.2 in 3 steps/],
    [{ losses: [2, Number.NaN] }, /to NaN/],
    [{ losses: [] }, /in 0 steps/],
    [{ product: 0 }, /product of 1024x1024 ones is 0/],
  ])('finds the one in %o', (change, message) => {
    expect(problemOf({ ...GOOD, ...change })).toMatch(message);
  });
});

describe('describeTraining', () => {
  it('gives version, losses and the speed of a matmul', () => {
    // 2 * 1024^3 operations in 20 ms are 107.4 GFLOP/s.
    expect(describeTraining(GOOD, '@tensorflow/tfjs-node')).toBe(
      'works: TensorFlow 2.21.0 on the CPU; loss 2.00 to 0.010 in 3 steps; 1024x1024 matmul 20.0 ms (107 GFLOP/s)',
    );
  });

  it('says when a package for a GPU saw none', () => {
    expect(describeTraining(GOOD, '@tensorflow/tfjs-node-gpu')).toMatch(/saw no GPU/);
    expect(describeTraining({ ...GOOD, gpu: true }, '@tensorflow/tfjs-node-gpu')).not.toMatch(/saw no GPU/);
  });
});

it.runIf(BINDING_PACKAGE !== undefined)('verifyTraining trains on a binding that is in place', async () => {
  const verified = await verifyTraining(BINDING_PACKAGE ?? '');
  expect(verified).toMatchObject({ trained: { backend: 'tensorflow', product: 1024 } });
});

it('verifyTraining reports a package that cannot be loaded, without failing itself', async () => {
  const verified = await verifyTraining('/nowhere/tfjs-node');
  expect(verified).toMatchObject({ problem: expect.stringMatching(/exit status 1\n[^]*Cannot find module/) });
});

import { arrayDataset, createRandom, distill, kd, resolveEngine, sgd } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import { testWebGpu } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../src/run/cohort.js';

const engine = await testWebGpu();

const BATCH = 4;
const random = createRandom(1);
const train = arrayDataset({
  images: Uint8Array.from({ length: BATCH * 16 * 16 * 3 }, () => random.integer(256)),
  labels: Int32Array.from({ length: BATCH }, (_, index) => index),
  imageShape: [16, 16, 3],
  classes: BATCH,
  name: 'noise',
});

/** One step of resnet8 taught by resnet8, on the present engine: terms, weights, moving statistics. */
async function oneStep(): Promise<{ terms: number[]; weights: Map<string, Float32Array> }> {
  const network = (seed: string): Promise<Network> =>
    buildNetwork('resnet8', train, createRandom(2).fork(seed));
  const [teacher, student] = [await network('teacher'), await network('student')];
  const result = await distill({
    teacher,
    students: [student],
    method: kd(),
    train,
    epochs: 1,
    batchSize: BATCH,
    seed: 1,
    optimizer: sgd({ learningRate: 0.05 }),
  });
  const weights = new Map<string, Float32Array>();
  for (const [name, variable] of Object.entries({ ...student.variables, ...student.statistics }))
    weights.set(name, Float32Array.from(await variable.data()));
  const terms = Object.values(result.history[0]?.terms ?? {}).map(({ value }) => value);
  result.dispose();
  for (const each of [teacher, student]) each.dispose();
  return { terms, weights };
}

describe.skipIf(engine.skipped !== undefined)(
  `webgpu${engine.skipped === undefined ? '' : ` (skipped: ${engine.skipped})`}`,
  { timeout: 600_000 },
  () => {
    it('makes the step of resnet8 that cpu makes', async () => {
      await resolveEngine('cpu');
      const expected = await oneStep();
      await resolveEngine('webgpu');
      const found = await oneStep();
      expect(found.terms).toHaveLength(2);
      found.terms.forEach((value, index) => {
        expect(Math.abs(value - (expected.terms[index] ?? NaN))).toBeLessThan(1e-4);
      });
      expect(found.weights.size).toBe(expected.weights.size);
      for (const [name, values] of found.weights) {
        const wanted = expected.weights.get(name) ?? new Float32Array();
        const furthest = values.reduce(
          (far, value, at) => Math.max(far, Math.abs(value - (wanted[at] ?? NaN))),
          0,
        );
        expect(furthest, name).toBeLessThan(1e-3);
      }
    });
  },
);

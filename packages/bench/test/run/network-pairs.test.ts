import { arrayDataset, createRandom, distill, resolveEngine, sgd } from '@distilljs/core';
import type { Dataset, Network } from '@distilljs/core';
import { beforeAll, expect, it } from 'vitest';
import { buildCohort, buildNetwork, planMethod } from '../../src/run/cohort.js';
import { techniqueNames } from '../../src/run/method-catalog.js';

beforeAll(async () => {
  await resolveEngine('wasm');
});

/** Noise of three classes. */
function noise(edge: number, count: number): Dataset {
  const random = createRandom(1);
  const images = Uint8Array.from({ length: count * edge * edge * 3 }, () => random.integer(256));
  const labels = Array.from({ length: count }, (_, at) => at % 3);
  return arrayDataset({ images, labels, imageShape: [edge, edge, 3], classes: 3, name: 'noise' });
}

/** One epoch of a method between two networks of the zoo; planned and not trained where it is aborted at once. */
async function train(
  teacher: Network,
  student: string,
  name: string,
  set: Dataset,
  isPlan: boolean,
): Promise<unknown[]> {
  const options = name.startsWith('mhgd') ? { headEpochs: 1 } : {};
  const { method, models, change } = planMethod({ name, options }, student);
  const students = await buildCohort(models, set, 0, change);
  const result = await distill({
    ...{ teacher, students, method, train: set },
    ...{ epochs: 1, batchSize: 4, seed: 0, optimizer: sgd({ learningRate: 0.01 }) },
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    ...(isPlan && { signal: AbortSignal.abort() }),
  });
  const losses = result.history.flatMap(({ terms }) => Object.values(terms).map(({ value }) => value));
  result.dispose();
  for (const each of students) each.dispose();
  return losses;
}

it.each(techniqueNames)(
  '%s trains a ShuffleNetV2 of three stages with a MobileNetV2 of five',
  async (name) => {
    const set = noise(16, 4);
    const teacher = await buildNetwork('mobilenetv2-half', set, createRandom(1));
    const losses = await train(teacher, 'shufflenetv2-0.5', name, set, false);
    expect(losses.length).toBeGreaterThan(0);
    expect(losses.every(Number.isFinite)).toBe(true);
    teacher.dispose();
  },
);

// The others have no taps, or those of one of these.
const TAPPING = ['afd-offline', 'mhgd', 'attention-matching', 'vam'];

it.each([
  ['resnet18', 'resnet8'],
  ['resnet8', 'mobilenetv2-0.5'],
  ['resnet8', 'shufflenetv1'],
])('every method finds its taps in %s and %s', async (teacherName, student) => {
  const set = noise(16, 4);
  const teacher = await buildNetwork(teacherName, set, createRandom(1));
  for (const name of TAPPING) await train(teacher, student, name, set, true);
  teacher.dispose();
});

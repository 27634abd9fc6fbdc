import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import type { Phase } from '../method/index.js';
import type { Optimizer, TrainingPosition } from './optimizer.js';
import type { ValueLabel } from './report.js';
import type { Run } from './run.js';
import { stepGradients } from './step-gradients.js';
import type { StepInput } from './step-gradients.js';

/** Which images, and where the step stands. */
type StepPlace = Pick<StepInput, 'indices' | 'random' | 'position' | 'step'>;

/** Gradients, a look at the terms, and only then the updates: NaN never reaches a weight unseen. */
export async function trainStep(
  run: Run,
  optimizers: ReadonlyMap<string, Optimizer>,
  phase: Phase,
  pixels: Float32Array,
  place: StepPlace,
  lastCheckpoint: string | undefined,
): Promise<{ values: number[]; labels: ValueLabel[] }> {
  const { indices } = place;
  const images = tf.tensor4d(pixels, [indices.length, ...run.train.imageShape]);
  const classIndices = Int32Array.from(indices, (index) => run.train.labels[index] ?? 0);
  const labels = tf.tensor1d(classIndices, 'int32');
  const input: StepInput = { ...place, images, labels };
  const rounds = phase.order === 'sequential' ? phase.updates.map((update) => [update]) : [phase.updates];
  const measured: { values: number[]; labels: ValueLabel[] } = { values: [], labels: [] };
  try {
    for (const [round, updates] of rounds.entries()) {
      const result = stepGradients(phase, updates, run, input, round === 0);
      try {
        const values = await result.values.data();
        expectFinite(run, phase, place.position, place.step, result.labels, values, lastCheckpoint);
        result.updates.forEach((update, index) => {
          optimizers.get(update.name)?.apply(result.gradients[index] ?? {}, place.position);
        });
        for (const [index, label] of result.labels.entries()) {
          // Accuracy is measured once per step, in the first forward pass.
          if (label.kind === 'accuracy' && round > 0) continue;
          measured.labels.push(label);
          measured.values.push(values[index] ?? 0);
        }
      } finally {
        tf.dispose([result.values, ...result.gradients.flatMap((gradients) => Object.values(gradients))]);
      }
    }
  } finally {
    tf.dispose([images, labels]);
  }
  return measured;
}

function expectFinite(
  run: Run,
  phase: Phase,
  { epoch }: TrainingPosition,
  step: number,
  labels: readonly ValueLabel[],
  values: ArrayLike<number>,
  lastCheckpoint: string | undefined,
): void {
  const wrong = labels.findIndex((_, index) => !Number.isFinite(values[index]));
  const label = labels[wrong];
  if (label === undefined) return;
  const term = label.kind === 'term' ? `term '${label.term}' of update '${label.update}'` : 'accuracy';
  throw new DistillError({
    code: 'numeric',
    where: `method '${run.method.name}', phase '${phase.name}', epoch ${Math.floor(epoch)}, step ${step}, ${term}`,
    expected: 'a finite value',
    got: String(values[wrong]),
    hint: `Lower the learning rate or the term's weight. ${
      lastCheckpoint === undefined ? 'There is no checkpoint.' : `Last good checkpoint: ${lastCheckpoint}.`
    }`,
  });
}

import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Dataset, InMemoryDataset } from '../data/index.js';
import type { DistillOptions } from '../train/index.js';
import type { Run } from '../train/state.js';
import { eachPhase, oneStep } from './one-step.js';

/**
 * Expects finite terms, and the same cross-entropy terms whether some images have no label or have weight 0. A
 * method that does not take both kinds of images passes.
 *
 * @param setup a run whose training set is in memory and fully labelled
 */
export async function expectLeftOut(setup: DistillOptions): Promise<void> {
  const whole = setup.train as InMemoryDataset;
  const isLeftOut = (image: number): boolean => image % 4 === 1;
  const labels = whole.labels.map((label, image) => (isLeftOut(image) ? -1 : label));
  const weights = Float32Array.from(labels, (label) => (label === -1 ? 0 : 1));
  const terms = async (train: Dataset): Promise<Readonly<Record<string, number>>> => {
    const found: Record<string, number> = {};
    await eachPhase({ ...setup, train }, (run, index) => {
      const { reads } = run.plan.phases[index] as Run['plan']['phases'][number];
      const { values, labels: named, gradients } = oneStep(run, index);
      const each = values.dataSync();
      named.forEach((label, at) => {
        if (label.kind !== 'term') return;
        expect(Number.isFinite(each[at]), label.term).toBe(true);
        if (reads.labels === 'some' && /^ce/.test(label.term)) found[label.term] = each[at] ?? NaN;
      });
      tf.dispose([values, ...gradients.flatMap((entry) => Object.values(entry))]);
    });
    return found;
  };
  const takes: boolean[] = [];
  await eachPhase(setup, ({ plan }, index) => {
    const { labels: needed, weights: uses } = plan.phases[index]?.reads ?? {};
    takes.push(needed !== true && needed !== undefined && uses === true);
  });
  if (takes.includes(false)) return;
  // Weights have mean 1, so both terms estimate the mean over the labelled images of the training set.
  const unlabelled = await terms({ ...whole, labels });
  const weighted = await terms({ ...whole, weights });
  for (const [term, value] of Object.entries(weighted)) expect(unlabelled[term]).toBeCloseTo(value, 5);
}

import * as tf from '@tensorflow/tfjs-core';
import { channelStatistics } from '../data/index.js';
import type { InMemoryDataset } from '../data/index.js';
import type { Network } from '../network/index.js';
import { createRandom } from '../random/index.js';
import type { Images, Labels } from '../tensor/index.js';
import type { DistillOptions, DistillResult } from '../train/index.js';
import { prepareRun } from '../train/prepare.js';
import type { Run } from '../train/state.js';
import { stepGradients } from '../train/step-gradients.js';
import { tinyDataset } from './tiny-dataset.js';

/** Batch size of the conformance suite. */
export const BATCH = 12;

/** Prepares a run and calls `look` for each of its phases. */
export async function eachPhase(
  options: DistillOptions,
  look: (run: Run, index: number) => void,
): Promise<void> {
  const run = await prepareRun(options);
  run.plan.phases.forEach((_, index) => {
    look(run, index);
  });
  run.dispose();
}

/**
 * Values and gradients of one step of a phase. It always uses the first {@link BATCH} images, so that
 * {@link equalizeStatistics} can match their statistics.
 */
export function oneStep(run: Run, index: number): ReturnType<typeof stepGradients> {
  const phase = run.plan.phases[index] as Run['plan']['phases'][number];
  const indices = Int32Array.from({ length: BATCH }, (_, position) => position);
  const { images, labels } = batchOf(run.train as InMemoryDataset, run.normalization);
  const weights = run.weights && tf.tensor1d(run.weights.slice(0, BATCH));
  const labelWeights = run.labelWeights && tf.tensor1d(run.labelWeights.slice(0, BATCH));
  const input = {
    images,
    labels,
    ...{ weights, labelWeights },
    indices,
    step: 0,
    position: { epoch: 0, epochs: phase.epochs },
    random: createRandom(5),
  };
  const result = stepGradients(phase, phase.updates, run, input);
  tf.dispose([images, labels, ...[weights, labelWeights].filter((each) => each !== undefined)]);
  return result;
}

function batchOf(
  dataset: InMemoryDataset,
  { mean, std }: DistillResult['normalization'],
): { images: Images; labels: Labels } {
  const pixels = Array.from({ length: BATCH }, (_, index) => [...dataset.image(index)]).flat();
  const values = pixels.map((pixel, at) => (pixel / 255 - (mean[at % 2] ?? 0)) / (std[at % 2] ?? 1));
  return {
    images: tf.tensor4d(values, [BATCH, ...dataset.imageShape]),
    labels: tf.tensor1d([...dataset.labels.slice(0, BATCH)], 'int32'),
  };
}

/** Runs forward passes in training mode until the moving statistics equal those of {@link oneStep}'s batch. */
export function equalizeStatistics(network: Network): void {
  const dataset = tinyDataset(4 * BATCH, 1);
  const { images, labels } = batchOf(dataset, channelStatistics(dataset));
  for (let pass = 0; pass < 120; pass++) tf.tidy(() => void network.forward(images, { training: true }));
  tf.dispose([images, labels]);
}

export function copyStatistics(from: Network, to: Network): void {
  for (const [name, variable] of Object.entries(from.statistics))
    to.statistics[name]?.assign(tf.clone(variable));
}

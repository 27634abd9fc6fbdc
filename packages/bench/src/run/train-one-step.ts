import { arrayDataset, createRandom, distill, student } from '@distilljs/core';
import { buildNetwork } from './cohort.js';

/**
 * One training step of the smallest residual network on random images, to check that an engine can train.
 * @returns the cross-entropy of that step
 */
export async function trainOneStep(): Promise<number> {
  const random = createRandom(0);
  const size = 4;
  const images = Uint8Array.from({ length: size * 32 * 32 * 3 }, () => random.integer(256));
  const data = arrayDataset({
    images,
    labels: [0, 1, 2, 3],
    imageShape: [32, 32, 3],
    classes: 4,
    name: 'noise',
  });
  const network = await buildNetwork('resnet8', data, random.fork('student'));
  const result = await distill({
    students: [network],
    method: student(),
    train: data,
    epochs: 1,
    batchSize: size,
    seed: 0,
  });
  result.dispose();
  network.dispose();
  return result.history[0]?.terms['ce']?.value ?? NaN;
}

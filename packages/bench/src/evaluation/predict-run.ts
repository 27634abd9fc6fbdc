import { existsSync } from 'node:fs';
import { evaluate, isDistillError, writeWhole } from '@distilljs/core';
import { expectRegularFile } from '../file/index.js';
import { recordPredictions } from '../predictions/index.js';
import type { KeptFile } from '../run/kept-files.js';
import { readPredictions } from '../run/read-predictions.js';
import { eachTraining } from './saved-networks.js';
import type { EvaluationLog } from './saved-networks.js';

/** The outcome of `distill-bench predictions`: numbers of networks whose predictions were computed, and were already there. */
export interface PredictedRun {
  readonly made: number;
  readonly kept: number;
}

/** Larger differences in accuracy are reported: another engine rounds differently, which changes an image or two. */
const NOTICEABLE = 0.005;

/**
 * Computes missing predictions of a run's finished networks from the saved networks, e.g. where an earlier version trained them.
 *
 * @throws DistillError code `data` when the folder holds no run, or no finished training
 */
export async function predictRun(root: string, log: EvaluationLog = {}): Promise<PredictedRun> {
  const count = { made: 0, kept: 0 };
  await eachTraining(root, log, async ({ name, data: { test }, networks }) => {
    for (const { predictions, testAccuracy, open } of networks) {
      if (await isThere(predictions, test.fingerprint)) {
        count.kept += 1;
        continue;
      }
      const { classifier, normalization, dispose } = await open();
      try {
        const record = recordPredictions(test, classifier.classes);
        const { accuracy } = await evaluate(classifier, test, normalization, undefined, record.add);
        await writeWhole(predictions.file, record.encode(predictions.network));
        count.made += 1;
        const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
        const isOther = Math.abs(accuracy - testAccuracy) > NOTICEABLE;
        const other = isOther ? `; it had ${percent(testAccuracy)} when it was trained` : '';
        log.say?.(`${name}: ${percent(accuracy)} on the test images${other}`);
      } finally {
        dispose();
      }
    }
  });
  return count;
}

/** Whether a file holds undamaged predictions of this network on these test images. */
async function isThere(kept: KeptFile, fingerprint: string): Promise<boolean> {
  const { file } = kept;
  // Only a regular file may be replaced: writing to a pipe would wait for a reader.
  if (existsSync(file)) expectRegularFile(file, 'a file of predictions', 'data');
  try {
    return (await readPredictions(kept))?.fingerprint === fingerprint;
  } catch (error) {
    if (isDistillError(error)) return false;
    throw error;
  }
}

import { isDistillError } from '@distilljs/core';
import { averageCorruptions, meanCorrupted, measureCorruptions } from '../corruption/index.js';
import type { CorruptionResult } from '../corruption/index.js';
import { readCorruptions } from '../run/read-measures.js';
import type { TrainingFolder } from '../run/run-folder.js';
import { writeJson } from '../run/write-json.js';
import { eachTraining } from './saved-networks.js';
import type { EvaluationLog } from './saved-networks.js';

export interface CorruptOptions extends EvaluationLog {
  /** Seed of the noise. Default: that of the run's configuration, else 0. */
  readonly seed?: number | undefined;
}

/**
 * Evaluates the finished networks of a run or a study on corrupted test images, and writes `corruptions.json` beside each result.
 * Existing results are not recomputed.
 *
 * @returns names of the trainings whose networks were evaluated
 * @throws DistillError code `data` when the folder holds no run, or no finished training
 */
export async function corruptRun(root: string, options: CorruptOptions = {}): Promise<readonly string[]> {
  const { say } = options;
  const made: string[] = [];
  await eachTraining(root, options, async ({ name, folder, config, data, digest, networks }) => {
    const seed = options.seed ?? config.corruptions?.seed ?? 0;
    const known = await keptCorruptions(folder, digest);
    if (known?.fingerprint === data.test.fingerprint && known.seed === seed) return;
    const all: CorruptionResult[] = [];
    for (const network of networks.filter(({ predictions }) => predictions.counted)) {
      const { classifier, normalization, dispose } = await network.open();
      try {
        all.push(await measureCorruptions(classifier, data.test, normalization, seed));
      } finally {
        dispose();
      }
    }
    const result = { ...averageCorruptions(all), network: digest };
    await writeJson(folder.corruptions, result);
    made.push(name);
    const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
    say?.(
      `${name}: ${percent(meanCorrupted(result))} on corrupted images, ${percent(result.clean)} on clean ones`,
    );
  });
  return made;
}

/** The kept result; undefined where it is damaged or another network's, so that it is recomputed. */
async function keptCorruptions(
  folder: TrainingFolder,
  digest: string | undefined,
): Promise<CorruptionResult | undefined> {
  try {
    return await readCorruptions(folder, digest);
  } catch (error) {
    if (isDistillError(error)) return undefined;
    throw error;
  }
}

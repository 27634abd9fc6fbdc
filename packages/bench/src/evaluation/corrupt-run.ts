import { evaluate } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import { CORRUPTIONS_SCHEMA, readCorruptions } from '../run/read-corruptions.js';
import type { CorruptionResult } from '../run/read-corruptions.js';
import { writeJson } from '../run/write-json.js';
import { corrupted, corruptionsFor, STRENGTHS } from './corruption.js';
import { eachTraining } from './saved-networks.js';
import type { EvaluationLog, SavedNetwork } from './saved-networks.js';

export interface CorruptOptions extends EvaluationLog {
  /** Decides the noise. Default: 0. */
  readonly seed?: number | undefined;
}

/**
 * Evaluates the finished networks of a run or a study on corrupted test images, and writes `corruptions.json` beside each result. What is there
 * is not done again.
 *
 * @returns names of the trainings whose networks were evaluated
 * @throws DistillError code `data` when the folder holds no run, or no finished training
 */
export async function corruptRun(root: string, options: CorruptOptions = {}): Promise<readonly string[]> {
  const { seed = 0, say } = options;
  const made: string[] = [];
  await eachTraining(root, options, async ({ name, folder, data, networks }) => {
    const known = await readCorruptions(folder);
    if (known?.fingerprint === data.test.fingerprint && known.seed === seed) return;
    const all: CorruptionResult[] = [];
    for (const network of networks.filter(({ counted }) => counted)) {
      all.push(await measured(network, data.test, seed));
    }
    const result = meanOf(all);
    await writeJson(folder.corruptions, result);
    made.push(name);
    const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
    const mean = average(Object.values(result.accuracy).flat());
    say?.(`${name}: ${percent(mean)} on corrupted images, ${percent(result.clean)} on clean ones`);
  });
  return made;
}

async function measured({ open }: SavedNetwork, test: Dataset, seed: number): Promise<CorruptionResult> {
  const { classifier, normalization, dispose } = await open();
  try {
    const clean = (await evaluate(classifier, test, normalization)).accuracy;
    const accuracy: Record<string, number[]> = {};
    for (const corruption of corruptionsFor(test.imageShape)) {
      const found: number[] = [];
      for (let strength = 1; strength <= STRENGTHS; strength++) {
        const data = await corrupted(test, corruption, strength, seed);
        found.push((await evaluate(classifier, data, normalization)).accuracy);
      }
      accuracy[corruption] = found;
    }
    return { schema: CORRUPTIONS_SCHEMA, fingerprint: test.fingerprint, seed, clean, accuracy };
  } finally {
    dispose();
  }
}

/** Of a cohort's networks that count. @param all not empty */
function meanOf(all: readonly CorruptionResult[]): CorruptionResult {
  const [first] = all as readonly [CorruptionResult];
  return {
    ...first,
    clean: average(all.map(({ clean }) => clean)),
    accuracy: Object.fromEntries(
      Object.entries(first.accuracy).map(([name, values]) => [
        name,
        values.map((_, at) => average(all.map(({ accuracy }) => accuracy[name]?.[at] ?? NaN))),
      ]),
    ),
  };
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

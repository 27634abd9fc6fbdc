import { evaluate } from '@distilljs/core';
import type { Classifier, Dataset, Normalization } from '@distilljs/core';
import { corrupted, corruptionsFor, STRENGTHS } from './corruption.js';

/** Version of {@link CorruptionResult} as a file. */
export const CORRUPTIONS_SCHEMA = 1;

/** `corruptions.json`: accuracies of a training's network on corrupted test images; for a cohort, means over the networks that count. */
export interface CorruptionResult {
  readonly schema: typeof CORRUPTIONS_SCHEMA;
  /** Fingerprint of the clean test images. */
  readonly fingerprint: string;
  /** Seed of the noise. */
  readonly seed: number;
  /** Digest of the network's saved model; missing in folders of older versions. */
  readonly network?: string | undefined;
  /** Accuracy on the clean images. */
  readonly clean: number;
  /** By corruption, at strengths 1 to 5. */
  readonly accuracy: Readonly<Record<string, readonly number[]>>;
}

/**
 * Accuracy of a network on corrupted test images, at every strength.
 *
 * @param seed of the noise: with the same seed all networks see the same images
 */
export async function measureCorruptions(
  classifier: Classifier,
  test: Dataset,
  normalization: Normalization,
  seed: number,
): Promise<CorruptionResult> {
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
}

/** The mean over a cohort's networks that count. @param all not empty */
export function averageCorruptions(all: readonly CorruptionResult[]): CorruptionResult {
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

/** Mean accuracy over corruptions and strengths. */
export const meanCorrupted = ({ accuracy }: Pick<CorruptionResult, 'accuracy'>): number =>
  average(Object.values(accuracy).flat());

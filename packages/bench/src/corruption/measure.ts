import { evaluate } from '@distilljs/core';
import type { Classifier, Dataset, Normalization } from '@distilljs/core';
import { corrupted, corruptionsFor, STRENGTHS } from './corruption.js';

/** Version of {@link CorruptionResult} as a file. */
export const CORRUPTIONS_SCHEMA = 1;

/** `corruptions.json`: accuracies of one training's network on corrupted test images. Of a cohort, means over those that count. */
export interface CorruptionResult {
  readonly schema: typeof CORRUPTIONS_SCHEMA;
  /** Of the clean test images. */
  readonly fingerprint: string;
  /** Decides the noise. */
  readonly seed: number;
  /** The network, by the digest of its saved model; none in folders of versions that did not keep it. */
  readonly network?: string | undefined;
  /** Accuracy on the clean images. */
  readonly clean: number;
  /** By corruption, at strengths 1 to 5. */
  readonly accuracy: Readonly<Record<string, readonly number[]>>;
}

/**
 * Accuracy of a network on corrupted test images, at every strength.
 *
 * @param seed decides the noise: with one seed all networks see the same images
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

/** Of a cohort's networks that count. @param all not empty */
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

/** Over corruptions and strengths. */
export const meanCorrupted = ({ accuracy }: Pick<CorruptionResult, 'accuracy'>): number =>
  average(Object.values(accuracy).flat());

import { DistillError, eitherOf, oneOf, wholeNumber } from '@distilljs/core';
import { expectOption } from '../expect-option.js';

/** The paper's k, and the least that `auto` aims at. */
const PAPER_PER_GROUP = 4;

/**
 * How many images of each (super)class a batch takes: k in `batchSize = K · k`.
 *
 * A number is taken as it is, or refused. `auto` is the paper's 4 where that is possible, else the next divisor of the
 * batch size with at most as many groups per batch as there are: 8 for a batch of 64 over 10 classes (K = 8), since 16
 * distinct classes cannot be had. Batches too small for two groups of 4 get the largest k below 4 that fits, 3 or 2; never
 * 1, which leaves no pair of one class.
 *
 * @param where for messages, e.g. `classUniformSampler(perClass)`
 * @param groupCount number of (super)classes that have images
 * @throws DistillError code `option` when the batch cannot be split that way, for fewer than two groups, and for sizes that
 *   are no whole numbers
 */
export function imagesPerGroup(
  where: string,
  requested: number | 'auto',
  batchSize: number,
  groupCount: number,
): number {
  expectOption('batchSize', batchSize, wholeNumber({ min: 1 }));
  expectOption(where, requested, eitherOf(oneOf('auto'), wholeNumber({ min: 1 })));
  if (groupCount < 2) {
    throw new DistillError({
      code: 'option',
      where,
      expected: 'at least 2 (super)classes',
      got: `${groupCount}`,
      hint: "Use the sampler 'uniform'.",
    });
  }
  const possible = divisors(batchSize).filter(
    (k) => k >= 2 && batchSize / k <= groupCount && batchSize / k >= 2,
  );
  if (requested === 'auto') {
    const chosen = possible.find((k) => k >= PAPER_PER_GROUP) ?? possible.at(-1);
    if (chosen !== undefined) return chosen;
    throw new DistillError({
      code: 'option',
      where,
      expected: `a batch size that splits into 2 to ${groupCount} (super)classes of at least 2 images`,
      got: `batch size ${batchSize}`,
      hint: `Set batchSize to a multiple of ${PAPER_PER_GROUP}, or use the sampler 'uniform'.`,
    });
  }
  if (Number.isInteger(batchSize / requested) && batchSize / requested <= groupCount) return requested;
  const others = possible.length > 0 ? `'auto' or one of ${possible.join(', ')}` : "'auto'";
  throw new DistillError({
    code: 'option',
    where,
    expected: `a divisor of the batch size ${batchSize} that leaves at most ${groupCount} (super)classes per batch`,
    got: `${requested}, i.e. ${batchSize / requested} (super)classes`,
    hint: `Set it to ${others}, or batchSize to a multiple of ${requested} that is at most ${requested * groupCount}.`,
  });
}

function divisors(value: number): number[] {
  return Array.from({ length: value }, (_, index) => index + 1).filter(
    (candidate) => value % candidate === 0,
  );
}

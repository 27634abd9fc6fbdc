import studentT from '@stdlib/stats-base-dists-t';
import { createRandom } from '@distilljs/core';
import type { Interval } from './summary.js';
import { NORMAL_95 } from './wilson.js';

/** A method's correctness by seed: a value from 0 to 1 per test image. Seeds and images are the same for all methods. */
export type Correctness = readonly ArrayLike<number>[];

export interface HierarchicalOptions {
  /** Number of bootstrap draws. Default: 1000. */
  readonly draws?: number | undefined;
  /** Seed of the draws. Default: 0. */
  readonly seed?: number | undefined;
}

/**
 * 95 % intervals of accuracy differences that treat both the seeds and the test images as random: a two-way (crossed) hierarchical
 * bootstrap. With `d[s][i]` the difference on image i with seed s, the model is `d[s][i] = mean + seed[s] + image[i] + rest[s][i]`.
 * Each draw adds to the mean:
 *
 * - `sd · T / √S`, where `sd` is the deviation of the S seeds' means (which includes the rest's share) and T follows Student's distribution
 *   with S − 1 degrees of freedom. Seeds are drawn from this distribution, not resampled: a few seeds understate their variance, and a
 *   resampled mean has no tails (Hesterberg 2015, "What teachers should know about the bootstrap");
 * - the mean of N images' deviations, drawn with replacement and shrunk to the variance of `image` alone, from an analysis of variance
 *   (Carpenter, Goldstein and Rasbash 2003). Over few seeds, most of the variance of an image's mean comes from the rest.
 *
 * Quantiles of such draws (the Behrens–Fisher solution) cover the true difference slightly too often where both parts are of similar size.
 * Student's t interval for the sum of both variances, with Welch–Satterthwaite degrees of freedom, covers it slightly too rarely. Each end
 * is the mean of the two; docs/statistics.md has the coverage in simulations.
 *
 * The same draws serve all pairs.
 *
 * @param methods at least two seeds each
 * @returns the interval of `methods[first] − methods[second]`
 */
export function hierarchicalIntervals(
  methods: readonly Correctness[],
  { draws = 1000, seed = 0 }: HierarchicalOptions = {},
): (first: number, second: number) => Interval {
  const seeds = methods[0]?.length ?? 0;
  const images = methods[0]?.[0]?.length ?? 0;
  const random = createRandom(seed).fork('hierarchical bootstrap');
  // Equally spaced quantiles of the distribution, in random order.
  const drawnSeeds = Array.from(random.permutation(draws), (at) =>
    studentT.quantile((at + 0.5) / draws, seeds - 1),
  );
  const byImage = methods.map((method) => meanByImage(method, images));
  // Per method and draw: its accuracy over the drawn images.
  const drawnMeans = methods.map(() => new Float64Array(draws));
  const counts = new Int32Array(images);
  for (let draw = 0; draw < draws; draw++) {
    counts.fill(0);
    for (let at = 0; at < images; at++) {
      const image = random.integer(images);
      counts[image] = (counts[image] ?? 0) + 1;
    }
    byImage.forEach((means, method) => {
      let total = 0;
      for (let at = 0; at < images; at++) total += (counts[at] ?? 0) * (means[at] ?? 0);
      (drawnMeans[method] as Float64Array)[draw] = total / images;
    });
  }
  const between = (first: number, second: number): Interval => {
    const [a, b] = [methods[first] ?? [], methods[second] ?? []];
    const bySeed = a.map((own, at) => meanOf(own) - meanOf(b[at] ?? []));
    const mean = meanOf(bySeed);
    const shrink = imageShrinkage(a, b, bySeed, mean, images);
    const ofSeeds = Math.sqrt(
      bySeed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (seeds - 1) / seeds,
    );
    const ofImages = drawnSeeds.map(
      (_, draw) => shrink * ((drawnMeans[first]?.[draw] ?? 0) - (drawnMeans[second]?.[draw] ?? 0) - mean),
    );
    const found = drawnSeeds
      .map((t, draw) => mean + ofSeeds * t + (ofImages[draw] ?? 0))
      .sort((x, y) => x - y);
    const quantile = (share: number): number => found[Math.round(share * (draws - 1))] ?? NaN;
    const half = welchHalf(ofSeeds ** 2, seeds, ofImages.reduce((sum, value) => sum + value ** 2, 0) / draws);
    return [(quantile(0.025) + mean - half) / 2, (quantile(0.975) + mean + half) / 2];
  };
  return (first, second) => {
    if (first === second) return [0, 0];
    if (first < second) return between(first, second);
    const [low, high] = between(second, first);
    return [-high, -low];
  };
}

/** Half the width of Welch's 95 % interval; with so many images, their variance counts as known. */
function welchHalf(ofSeeds: number, seeds: number, ofImages: number): number {
  const both = ofSeeds + ofImages;
  if (ofSeeds === 0) return NORMAL_95 * Math.sqrt(both);
  const freedom = (both / ofSeeds) ** 2 * (seeds - 1);
  return studentT.quantile(0.975, freedom) * Math.sqrt(both);
}

/** `√(max(0, MS_image − MS_rest) / MS_image)`: the factor that shrinks the images' deviations to the variance of `image`. */
function imageShrinkage(
  a: Correctness,
  b: Correctness,
  bySeed: readonly number[],
  mean: number,
  images: number,
): number {
  const seeds = bySeed.length;
  let [ofImages, all] = [0, 0];
  for (let image = 0; image < images; image++) {
    let total = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const difference = (a[seed]?.[image] ?? 0) - (b[seed]?.[image] ?? 0);
      total += difference;
      all += (difference - mean) ** 2;
    }
    ofImages += seeds * (total / seeds - mean) ** 2;
  }
  const ofSeeds = bySeed.reduce((sum, value) => sum + images * (value - mean) ** 2, 0);
  const byImage = ofImages / (images - 1);
  const rest = Math.max(0, all - ofImages - ofSeeds) / ((images - 1) * (seeds - 1));
  return byImage > 0 ? Math.sqrt(Math.max(0, byImage - rest) / byImage) : 0;
}

function meanByImage(method: Correctness, images: number): Float64Array {
  return Float64Array.from(
    { length: images },
    (_, image) => method.reduce((sum, seed) => sum + (seed[image] ?? 0), 0) / method.length,
  );
}

function meanOf(values: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at] ?? 0;
  return total / values.length;
}

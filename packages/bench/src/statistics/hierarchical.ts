import studentT from '@stdlib/stats-base-dists-t';
import { createRandom } from '@distilljs/core';
import type { Interval } from './summary.js';

/** What one method got right: by seed, a value from 0 to 1 per test image. Seeds and images are the same for all methods. */
export type Correctness = readonly ArrayLike<number>[];

export interface HierarchicalOptions {
  /** Default: 1000. */
  readonly draws?: number | undefined;
  /** Of the draws. Default: 0. */
  readonly seed?: number | undefined;
}

/** 97.5 % quantile of the normal distribution. */
const NORMAL = 1.959964;

/**
 * 95 % intervals of differences of accuracy that count both the seeds and the test images as drawn: a two-way (crossed) hierarchical
 * bootstrap of residuals. With `d[s][i]` the difference on image i with seed s, the model is
 * `d[s][i] = mean + seed[s] + image[i] + rest[s][i]`. Each draw adds to the mean
 *
 * - the mean of S seeds' deviations, drawn with replacement and stretched by `√(S / (S − 1)) · t(0.975, S − 1) / 1.96`, because few
 *   seeds show too little of their variance (Hesterberg 2015, "What teachers should know about the bootstrap"); a seed's deviation
 *   includes that of the rest;
 * - the mean of N images' deviations, drawn with replacement and shrunk so that their variance is that of `image` alone, as an analysis of
 *   variance gives it (Carpenter, Goldstein and Rasbash 2003): over few seeds most of what an image's mean varies by is the rest.
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
  const drawnSeeds = Array.from({ length: draws }, () =>
    Int32Array.from({ length: seeds }, () => random.integer(seeds)),
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
  const stretch = Math.sqrt(seeds / (seeds - 1)) * (studentT.quantile(0.975, seeds - 1) / NORMAL);
  return (first, second) => {
    const [a, b] = [methods[first] ?? [], methods[second] ?? []];
    const bySeed = a.map((own, at) => meanOf(own) - meanOf(b[at] ?? []));
    const mean = meanOf(bySeed);
    const shrink = imageShrinkage(a, b, bySeed, mean, images);
    const found = drawnSeeds.map((drawn, draw) => {
      let ofSeeds = 0;
      for (const at of drawn) ofSeeds += ((bySeed[at] ?? 0) - mean) / seeds;
      const ofImages = (drawnMeans[first]?.[draw] ?? 0) - (drawnMeans[second]?.[draw] ?? 0) - mean;
      return mean + stretch * ofSeeds + shrink * ofImages;
    });
    found.sort((x, y) => x - y);
    const quantile = (share: number): number => found[Math.round(share * (draws - 1))] ?? NaN;
    return [quantile(0.025), quantile(0.975)];
  };
}

/** `√(max(0, MS_image − MS_rest) / MS_image)`: the share of the images' deviations that is their own. */
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

import type { ResizeMode } from '../image/index.js';
import type { PixelSums } from './pixel-sums.js';

/** Pixels of one image in NHWC order, 0…255 (not normalised): `height · width · channels` finite values. */
export type Pixels = Uint8Array | Float32Array;

/**
 * Images of one size, with or without labels. Labels are known up front, so that samplers can balance classes; pixels are
 * asked for image by image, so that an implementation may make them on the fly or read them from anywhere.
 */
export interface Dataset {
  readonly name: string;
  /** Number of images. */
  readonly size: number;
  /** `[height, width, channels]`. */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** Number of classes; every label is below it. */
  readonly classes: number;
  /** Class index per image, `[size]`; −1: unlabelled. Left out: no image has a label. */
  readonly labels?: Int32Array | undefined;
  /** Coarser label per image, `[size]`, where the data has one (CIFAR-100's 20, a synthetic set's groups). */
  readonly superclasses?: Int32Array | undefined;
  /**
   * How much each image counts, `[size]`, at least 0. Terms are `(1/n) Σ w_i ℓ_i` over the n images of a batch, with weights
   * scaled so that their mean over the dataset is 1: only ratios matter, and equal weights change nothing. Validation and
   * accuracies do not use them.
   */
  readonly weights?: Float32Array | undefined;
  readonly classNames?: readonly string[] | undefined;
  /** How its images were brought to one size; a saved student tells it on, so that other images are brought there alike. */
  readonly resize?: ResizeMode | undefined;
  /**
   * The pixels of one image, at once or by promise.
   *
   * - At once: they may be a view that the next call overwrites. They are copied before anything else happens.
   * - By promise: they belong to the caller from then on, and are never written to again. All images of a batch are asked for
   *   together, and the next batch while a step is under way: several reads may run at the same time.
   *
   * What it throws or rejects with ends the run, in an error that names the image.
   */
  image(index: number): Pixels | Promise<Pixels>;
  /** `pixelSums(pixels, channels)` of an image where they are known without reading it; `channelStatistics` uses them. */
  pixelSums?(index: number): PixelSums | undefined;
  /** Hex digest that changes whenever pixels or labels do: part of checkpoints' and caches' identity. */
  readonly fingerprint: string;
}

/** A dataset whose pixels are at hand, and whose labels stand for every image (−1: unlabelled). */
export interface InMemoryDataset extends Dataset {
  readonly labels: Int32Array;
  image(index: number): Pixels;
}

/** A dataset whose fields were checked; its labels stand for every image (−1: unlabelled). */
export interface CheckedDataset extends Dataset {
  readonly labels: Int32Array;
}

import type { ResizeMode } from '../image/index.js';
import type { PixelSums } from './pixel-sums.js';

/** Pixels of one image in NHWC order, 0…255 (not normalized): `height · width · channels` finite values. */
export type Pixels = Uint8Array | Float32Array;

/**
 * Images of one size, with or without labels. Labels are known up front, so that samplers can balance classes.
 * Pixels are requested image by image, so that an implementation may generate them or read them from anywhere.
 */
export interface Dataset {
  readonly name: string;
  /** Number of images. */
  readonly size: number;
  /** `[height, width, channels]`. */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** Number of classes; every label is below it. */
  readonly classes: number;
  /** Class index per image, `[size]`; −1: unlabelled. If omitted, no image has a label. */
  readonly labels?: Int32Array | undefined;
  /**
   * Coarse label per image, `[size]`, if the data has them (CIFAR-100's 20 superclasses, a synthetic set's
   * groups).
   */
  readonly superclasses?: Int32Array | undefined;
  /**
   * Weight of each image, `[size]`, at least 0. Terms are `(1/n) Σ w_i ℓ_i` over the n images of a batch, with
   * weights scaled to mean 1 over the dataset: only ratios matter, and equal weights change nothing. Validation
   * and accuracies do not use them.
   */
  readonly weights?: Float32Array | undefined;
  readonly classNames?: readonly string[] | undefined;
  /** How the images were resized. A saved student records it, so that new images are resized the same way. */
  readonly resize?: ResizeMode | undefined;
  /**
   * The pixels of one image, synchronously or as a promise.
   *
   * - Synchronously: they may be a view that the next call overwrites; core copies them first.
   * - As a promise: they then belong to the caller and must never change. All images of a batch are requested
   *   together, and the next batch during a step, so several reads may run at the same time.
   *
   * If it throws or rejects, the run ends with an error that names the image.
   */
  image(index: number): Pixels | Promise<Pixels>;
  /** `pixelSums(pixels, channels)` of an image, if known without reading it; `channelStatistics` uses them. */
  pixelSums?(index: number): PixelSums | undefined;
  /** Hex digest that changes whenever pixels or labels do; it identifies the data of checkpoints and caches. */
  readonly fingerprint: string;
}

/** A dataset whose pixels are available synchronously, with a label entry for every image (−1: unlabelled). */
export interface InMemoryDataset extends Dataset {
  readonly labels: Int32Array;
  image(index: number): Pixels;
}

/** A dataset whose fields were checked, with a label entry for every image (−1: unlabelled). */
export interface CheckedDataset extends Dataset {
  readonly labels: Int32Array;
}

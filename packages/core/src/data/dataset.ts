/**
 * Labelled images of one size. Labels are known up front, so that samplers can balance classes; pixels are asked for one
 * image at a time, so that an implementation may make or read them on the fly.
 */
export interface Dataset {
  readonly name: string;
  /** Number of images. */
  readonly size: number;
  /** `[height, width, channels]`. */
  readonly imageShape: readonly [number, number, number];
  /** Number of classes; every label is below it. */
  readonly classes: number;
  /** Class index per image, `[size]`. */
  readonly labels: Int32Array;
  /** Coarser label per image, `[size]`, where the data has one (CIFAR-100's 20, a synthetic set's groups). */
  readonly superclasses?: Int32Array | undefined;
  readonly classNames?: readonly string[] | undefined;
  /**
   * The pixels of one image in NHWC order, 0…255 (not normalised), `height · width · channels` finite values, at once (no
   * promise). May be a view that the next call overwrites.
   */
  image(index: number): Uint8Array | Float32Array;
  /** Hex digest that changes whenever pixels or labels do: part of checkpoints' and caches' identity. */
  readonly fingerprint: string;
}

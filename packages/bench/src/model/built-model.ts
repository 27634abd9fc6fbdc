import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What a network of the zoo is built for. */
export interface ModelShape {
  /** `[height, width, channels]` of one image. */
  readonly imageShape: readonly [number, number, number];
  /** Width of the logits. */
  readonly classes: number;
}

/** Aliases that every network of the zoo has: the names that a configuration may rely on. */
export type ZooTap = 'stem' | 'stage1' | 'stage2' | 'stage3' | 'embedding' | 'logits';

/** Aliases of networks of four and five stages, beside those. */
export type FurtherTap = 'stage4' | 'stage5';

/** A fresh network of the zoo and the layers that its aliases stand for. */
export interface BuiltModel {
  /** Ends in logits (no softmax). The caller disposes it. */
  readonly model: LayersModel;
  /**
   * Layer name by alias. `stem` and `stage1`… are feature maps after ReLU (MobileNetV2's stages end in its linear
   * bottlenecks); `embedding` is what the last dense layer sees, `[batch, width]`: the globally average-pooled last map, or
   * in a VGG with hidden dense layers the last of them; `logits` is the model's output.
   */
  readonly taps: Readonly<Record<ZooTap, string> & Partial<Record<FurtherTap, string>>>;
}

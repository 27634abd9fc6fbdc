import type { LayersModel } from '@tensorflow/tfjs-layers';

/** What a network of the zoo is built for. */
export interface ModelShape {
  /** `[height, width, channels]` of one image. */
  readonly imageShape: readonly [number, number, number];
  /** Width of the logits. */
  readonly classes: number;
}

/** Taps that every zoo network has: the names that a configuration may rely on. */
export type ZooTap = 'stem' | 'stage1' | 'stage2' | 'stage3' | 'embedding' | 'logits';

/** Further taps of networks with four or five stages. */
export type FurtherTap = 'stage4' | 'stage5';

/** A fresh zoo network and the layers that its taps stand for. */
export interface BuiltModel {
  /** Ends in logits (no softmax). The caller disposes it. */
  readonly model: LayersModel;
  /**
   * Layer name by tap. `stem` and `stage1`… are feature maps after ReLU; MobileNetV2's stages end in linear bottlenecks.
   * `embedding` is the input of the last dense layer, `[batch, width]`: the globally average-pooled last map, or the last hidden
   * dense layer of a VGG that has any. `logits` is the model's output.
   */
  readonly taps: Readonly<Record<ZooTap, string> & Partial<Record<FurtherTap, string>>>;
}

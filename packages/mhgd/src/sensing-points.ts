/** A family of networks whose stages are known. */
export type NetworkFamily = 'plain' | 'resnet' | 'wrn' | 'mobilenet' | 'vgg';

const STAGES: Readonly<Record<NetworkFamily, number>> = {
  plain: 3,
  resnet: 3,
  wrn: 3,
  mobilenet: 3,
  vgg: 5,
};

/**
 * Tap names of a family, from front to back: the ends of its stages after ReLU, `stage1`, `stage2`, …
 *
 * - `resnet`, `wrn` (pre-activation: batch norm and ReLU at the entrance of the next stage, and the last ones), `mobilenet`
 *   and the modified `vgg` of the cross-architecture table: three stages, two modules. Take `resnet` for the last.
 * - `vgg` (VGG16, VGG7): five convolution blocks, each after its pooling where it has one; four modules.
 *
 * The bench's zoo has these names for `plain`, `resnet` and `wrn`; a network of your own gets them by
 * `createNetwork(model, { taps: { stage1: 'layer', … } })`.
 *
 * @see Lee and Song, BMVC 2019, the architecture figure. Certainty: which layers within a stage is stated only by the
 *   authors' code, for its residual networks; for VGG and MobileNet it is inferred
 */
export function sensingPoints(family: NetworkFamily): readonly string[] {
  return Array.from({ length: STAGES[family] }, (_, stage) => `stage${stage + 1}`);
}

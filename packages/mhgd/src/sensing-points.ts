/** A family of networks whose stages are known. */
export type NetworkFamily = 'plain' | 'resnet' | 'wrn' | 'mobilenet' | 'vgg';

const THREE_STAGES = ['stage1', 'stage2', 'stage3'] as const;

const POINTS: Readonly<Record<NetworkFamily, readonly string[]>> = {
  plain: THREE_STAGES,
  resnet: THREE_STAGES,
  wrn: THREE_STAGES,
  mobilenet: THREE_STAGES,
  vgg: ['stage1_pool', 'stage2_pool', 'stage3_pool', 'stage4', 'stage5'],
};

/**
 * Tap names of a family, from front to back, as the bench's zoo has them: the ends of its stages after ReLU.
 *
 * - `resnet`, `wrn` (pre-activation: batch norm and ReLU at the entrance of the next stage, and the last ones), `mobilenet`
 *   and the modified VGG of the cross-architecture table: three stages, two modules. Take `resnet` for the last.
 * - `vgg` (VGG16, VGG7): five stages, each after its pooling where it has one; four modules.
 *
 * A network of your own gets the names by `createNetwork(model, { taps: { stage1: 'layer', … } })`.
 *
 * @see Lee and Song, BMVC 2019, the architecture figure. Certainty: which layers within a stage is stated only by the
 *   authors' code, for its residual networks; for VGG and MobileNet it is inferred. Their VGG pools after its fifth stage too,
 *   before dense layers that the zoo's does not have
 */
export function sensingPoints(family: NetworkFamily): readonly string[] {
  return POINTS[family];
}

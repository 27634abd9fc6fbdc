import { DistillError, eitherOf, listOf, nearestNameHint, oneOf, text } from '@distilljs/core';

/** A family of networks whose stages are known. */
export type NetworkFamily = 'plain' | 'resnet' | 'wrn' | 'mobilenet' | 'vgg';

const THREE_STAGES = Object.freeze(['stage1', 'stage2', 'stage3']);

const POINTS: Readonly<Record<NetworkFamily, readonly string[]>> = {
  plain: THREE_STAGES,
  resnet: THREE_STAGES,
  wrn: THREE_STAGES,
  mobilenet: THREE_STAGES,
  vgg: Object.freeze(['stage1_pool', 'stage2_pool', 'stage3_pool', 'stage4', 'stage5']),
};

/** Names of all families. */
export const families: readonly string[] = Object.keys(POINTS);

/**
 * Tap names of a family, from front to back, as the bench's zoo has them: the ends of its stages after ReLU.
 *
 * - `resnet`, `wrn` (pre-activation: batch norm and ReLU at the entrance of the next stage, and the last ones), `mobilenet`
 *   and the modified VGG of the cross-architecture table: three stages, two modules. Take `resnet` for the last.
 * - `vgg` (VGG16, VGG7): five stages, each after its pooling where the zoo's has one for images of 32×32; four modules. For
 *   larger images name the taps yourself.
 *
 * A network of your own gets the names by `createNetwork(model, { taps: { stage1: 'layer', … } })`.
 *
 * @see Lee and Song, BMVC 2019, the architecture figure. Certainty: which layers within a stage is stated only by the
 *   authors' code, for its residual networks; for VGG and MobileNet it is inferred. Their VGG pools after its fifth stage too,
 *   before dense layers that the zoo's does not have
 * @throws DistillError code `option` for a family that is not known
 */
export function sensingPoints(family: NetworkFamily): readonly string[] {
  if (families.includes(family)) return POINTS[family];
  throw new DistillError({
    code: 'option',
    where: 'sensingPoints',
    expected: `one of ${families.map((name) => `'${name}'`).join(', ')}`,
    got: `'${family}'`,
    hint: nearestNameHint(family, families),
  });
}

/** The taps named, or those of a family. */
export function tapsOf(taps: NetworkFamily | readonly string[]): readonly string[] {
  return typeof taps === 'string' ? sensingPoints(taps) : taps;
}

/** Checks of the options that name taps. */
export const tapChecks = {
  studentTaps: eitherOf(oneOf(...families), listOf(text)),
  teacherTaps: eitherOf(oneOf(...families), listOf(text)),
} as const;

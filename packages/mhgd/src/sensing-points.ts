import {
  DistillError,
  eitherOf,
  expectOption,
  listOf,
  nearestNameHint,
  oneOf,
  stageTaps,
  tapsHint,
  text,
} from '@distilljs/core';
import type { NetworkShape } from '@distilljs/core';

/** A family of networks whose stages are known. */
export type NetworkFamily =
  'plain' | 'resnet' | 'wrn' | 'mobilenet' | 'vgg' | 'resnet-imagenet' | 'mobilenetv2' | 'shufflenet';

/** Taps by name, those of a family, or `auto`: the ends of the stages, see {@link tapsOf}. */
export type TapChoice = 'auto' | NetworkFamily | readonly string[];

const THREE_STAGES = Object.freeze(['stage1', 'stage2', 'stage3']);
const FOUR_STAGES = Object.freeze([...THREE_STAGES, 'stage4']);

const POINTS: Readonly<Record<NetworkFamily, readonly string[]>> = {
  plain: THREE_STAGES,
  resnet: THREE_STAGES,
  wrn: THREE_STAGES,
  mobilenet: THREE_STAGES,
  vgg: Object.freeze(['stage1_pool', 'stage2_pool', 'stage3_pool', 'stage4', 'stage5']),
  'resnet-imagenet': FOUR_STAGES,
  mobilenetv2: Object.freeze([...FOUR_STAGES, 'stage5']),
  shufflenet: THREE_STAGES,
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
 * - `resnet-imagenet` (resnet18, 34, 50): four stages; `mobilenetv2`: five, each with one size at 224 pixels, ending in linear
 *   bottlenecks; `shufflenet` (V1, V2): three. None of them is in the paper.
 *
 * A network of your own gets the names by `createNetwork(model, { taps: { stage1: 'layer', … } })`.
 *
 * @see Lee and Song, BMVC 2019, the architecture figure. Certainty: which layers within a stage is stated only by the
 *   authors' code, for its residual networks; for VGG and MobileNet it is inferred. Their VGG pools after its fifth stage too,
 *   before dense layers that the zoo's does not have
 * @throws DistillError code `option` for a family that is not known
 */
export function sensingPoints(family: NetworkFamily): readonly string[] {
  expectOption('sensingPoints', family, text);
  if (families.includes(family)) return POINTS[family];
  throw new DistillError({
    code: 'option',
    where: 'sensingPoints',
    expected: `one of ${families.map((name) => `'${name}'`).join(', ')}`,
    got: `'${family}'`,
    hint: nearestNameHint(family, families),
  });
}

/**
 * The taps of student and teacher. `auto` of both is the ends of their last n stages, n being the number of stages of the one
 * with fewer: the deepest maps are always compared. `auto` of one is as many of its last stages as the other has taps. Stages are
 * core's `stageTaps`: those called `stage1`, …, else the last feature map of each size.
 *
 * @param where the method, for messages
 * @throws DistillError code `tap` where `auto` finds fewer than two stages
 */
export function tapsOf(
  where: string,
  networks: Readonly<Record<'student' | 'teacher', Pick<NetworkShape, 'name' | 'tapNames' | 'nodes'>>>,
  choices: Readonly<Record<'student' | 'teacher', TapChoice>>,
): Readonly<Record<'student' | 'teacher', readonly string[]>> {
  const sides = ['student', 'teacher'] as const;
  const found = sides.map((side) => {
    const choice = choices[side];
    if (choice !== 'auto') return typeof choice === 'string' ? sensingPoints(choice) : choice;
    const stages = stageTaps(networks[side]);
    if (stages.length > 1) return stages;
    throw new DistillError({
      code: 'tap',
      where: `${where}.${side}Taps, network '${networks[side].name}'`,
      expected: "taps named 'stage1', 'stage2', …, or feature maps of two sizes, for 'auto'",
      got: stages.length === 0 ? 'none' : `'${stages.join()}' alone`,
      hint: tapsHint(networks[side], side),
    });
  });
  const fewest = Math.min(...found.map((taps) => taps.length));
  const [student = [], teacher = []] = found.map((taps, at) =>
    choices[sides[at] ?? 'student'] === 'auto' ? taps.slice(-fewest) : taps,
  );
  return { student, teacher };
}

/** Checks of the options that name taps. */
export const tapChecks = {
  studentTaps: eitherOf(oneOf(...families, 'auto'), listOf(text)),
  teacherTaps: eitherOf(oneOf(...families, 'auto'), listOf(text)),
} as const;

import {
  DistillError,
  expectNetwork,
  expectOption,
  mapShape,
  nearestNameHint,
  stageTaps,
  tapsHint,
  text,
} from '@distilljs/core';
import type { NetworkShape } from '@distilljs/core';
import type { Grid } from './map/index.js';

const BLOCK_OUTPUT = /^stage\d+_block\d+_output$/;
/** Largest number of tapped blocks. The base method taps all 27 of ResNet-56, and every second of ResNet-110's 54. */
const MOST_BLOCKS = 27;

/** Blocks per stage of the networks that the base method lists, and of others that follow its rule. */
const BLOCKS = {
  'wrn-16-2': [2, 2, 2],
  'wrn-28-2': [4, 4, 4],
  'wrn-40-2': [6, 6, 6],
  resnet20: [3, 3, 3],
  resnet56: [9, 9, 9],
  resnet110: [18, 18, 18],
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
  resnet50: [3, 4, 6, 3],
  mobilenetv2: [1, 2, 3, 7, 4],
  shufflenetv1: [4, 8, 4],
  shufflenetv2: [4, 8, 4],
} as const satisfies Record<string, readonly number[]>;

/** A network whose blocks are known. */
export type TapPresetName = keyof typeof BLOCKS;

/** Names that {@link tapPreset} takes. */
export const tapPresetNames: readonly TapPresetName[] = Object.keys(BLOCKS) as TapPresetName[];

/**
 * Taps of the feature maps that the base method compares: the output of every residual block after ReLU
 * (`stage1_block1_output`, …), of every second block for resnet110. Neither the stem nor the pooled vector is tapped.
 *
 * In a pre-activation network (wrn) a block's output is the ReLU that follows its sum; resnet18 and resnet34 are
 * ImageNet's, with four stages. The base method does not list resnet50, mobilenetv2 (whose blocks end in linear
 * bottlenecks), shufflenetv1 and shufflenetv2; they follow the same rule.
 *
 * @throws DistillError code `option` for an unknown name
 * @see the layer tables of the base method's code (Ji, Heo, Park, AAAI 2021)
 */
export function tapPreset(name: TapPresetName): readonly string[] {
  expectOption('tapPreset', name, text);
  if (!Object.hasOwn(BLOCKS, name)) {
    throw new DistillError({
      code: 'option',
      where: 'tapPreset',
      expected: `one of ${tapPresetNames.join(', ')}`,
      got: `'${name}'`,
      hint: nearestNameHint(name, tapPresetNames),
    });
  }
  return thinned(
    BLOCKS[name].flatMap((blocks, stage) =>
      Array.from({ length: blocks }, (_, block) => `stage${stage + 1}_block${block + 1}_output`),
    ),
  );
}

/**
 * The taps that `auto` selects: the outputs of all n residual blocks (layers named `stage1_block1_output`, …). Where n
 * exceeds 27, it is every ⌈n/27⌉-th block, counted from the last. A network without such layers gets its stages (core's
 * `stageTaps`: `stage1`, `stage2`, …, else the last feature map of each size). For networks of {@link tapPreset} that
 * name their layers so, the result is the preset's list.
 *
 * @param where owner of the taps, for the message
 * @throws DistillError code `tap` for a network that has neither
 */
export function blockTaps(
  where: string,
  network: Pick<NetworkShape, 'name' | 'tapNames' | 'nodes'>,
): readonly string[] {
  expectOption('blockTaps(where)', where, text);
  expectNetwork(where, network);
  const blocks = network.tapNames.filter((name) => BLOCK_OUTPUT.test(name));
  if (blocks.length > 0) return thinned(blocks);
  const stages = stageTaps(network);
  if (stages.length > 0) return stages;
  throw new DistillError({
    code: 'tap',
    where: `${where}: network '${network.name}'`,
    expected:
      "layers named 'stage1_block1_output', …, taps named 'stage1', …, or feature maps of a fixed size, for 'auto'",
    got: 'none',
    hint: tapsHint(network, where.includes('teacher') ? 'teacher' : 'student'),
  });
}

function thinned(blocks: readonly string[]): readonly string[] {
  const every = Math.ceil(blocks.length / MOST_BLOCKS);
  // Counted from the end, so that the deepest map is always kept.
  return blocks.filter((_, place) => (blocks.length - 1 - place) % every === 0);
}

/** A tapped feature map. */
export interface MapLayer extends Grid {
  /** The tap. */
  readonly name: string;
  readonly channels: number;
}

/**
 * The tapped feature maps of one network.
 *
 * @param where the option, e.g. `rtk.studentTaps`
 * @throws DistillError code `tap` for taps that do not exist, or `auto` where no taps fit; `shape` for a tap that is
 *   not a feature map of fixed size; `option` for a list that is empty or names a map twice
 */
export function mapLayers(
  where: string,
  network: NetworkShape,
  taps: 'auto' | readonly string[],
): MapLayer[] {
  const names = taps === 'auto' ? blockTaps(where, network) : taps;
  const layers = names.map((name) => {
    const [height, width, channels] = mapShape(where, network, name);
    return { name, height, width, channels };
  });
  const outputs = names.map((name) => network.tapOutput(name));
  const twice = names.find((_, place) => outputs.indexOf(outputs[place] ?? 0) < place);
  if (layers.length > 0 && twice === undefined) return layers;
  throw new DistillError({
    code: 'option',
    where,
    expected: 'at least one tap, each feature map once',
    got: twice === undefined ? 'none' : `'${twice}' again`,
  });
}

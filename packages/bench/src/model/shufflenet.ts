import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import { channelsOf, concatChannels, groupedPointwise, shuffleChannels, sliceChannels } from './channels.js';
import {
  add,
  batchNorm,
  blockTaps,
  classify,
  convBatchNorm,
  depthwiseBatchNorm,
  halvingPool,
  relu,
} from './conv-bn.js';
import { stemFor, stemOf } from './stem.js';
import type { Stem } from './stem.js';

const STEM_CHANNELS = 24;
/** Blocks of each stage, the halving one included. */
const BLOCKS = [4, 8, 4] as const;

/**
 * The stem for 224 pixels is a 3×3 convolution at stride 2 and 3×3 max pooling at stride 2. The stem for 32 pixels is a 1×1
 * convolution, as in the distillation benchmarks.
 */
function stem(images: SymbolicTensor, kind: Stem): SymbolicTensor {
  const isLarge = kind === 224;
  const filters = STEM_CHANNELS;
  return stemOf(images, { filters, size: isLarge ? 3 : 1, stride: isLarge ? 2 : 1, pooled: isLarge });
}

/** Channels of the stages with three groups. */
const V1_WIDTHS = [240, 480, 960] as const;
const V1_GROUPS = 3;

/**
 * ShuffleNet (version 1) with three groups: a stem of 24 filters, three stages of 4, 8 and 4 blocks with 240, 480 and 960 channels,
 * the first block of each at stride 2, global average pooling, one dense layer. A block is a grouped 1×1 convolution to a
 * quarter of the channels, channel shuffle, a 3×3 depthwise convolution and a grouped 1×1 convolution. Its input is added, or at
 * stride 2 average-pooled and concatenated.
 *
 * Layers are called `stage1_block2_conv1_group1_conv`, `stage1_block2_depthwise2`, …, `stage1_block2_output` (after ReLU).
 *
 * Source: Zhang et al., "ShuffleNet", 2018, as the distillation benchmarks build it: with a ReLU after the depthwise
 * convolution too, which the paper leaves out.
 */
export function shufflenetV1(
  name: string,
  { stem: kind }: { readonly stem?: Stem | undefined },
  shape: ModelShape,
): BuiltModel {
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  let x = stem(images, kind ?? stemFor(shape));
  V1_WIDTHS.forEach((width, stage) => {
    for (let block = 1; block <= (BLOCKS[stage] ?? 0); block++) {
      x = shuffleBlock(x, `stage${stage + 1}_block${block}`, width, block === 1);
    }
  });
  const logits = classify(x, V1_WIDTHS[2], shape.classes);
  return { model: model({ inputs: images, outputs: logits, name }), taps: blockTaps(BLOCKS) };
}

function shuffleBlock(x: SymbolicTensor, prefix: string, width: number, halves: boolean): SymbolicTensor {
  const channels = channelsOf(x);
  // A halving block's input is concatenated to its output.
  const filters = halves ? width - channels : width;
  const inner = Math.floor(filters / 4);
  // The stem has too few channels for groups.
  const groups = channels === STEM_CHANNELS ? 1 : V1_GROUPS;
  const reduced = batchNorm(groupedPointwise(x, { prefix, suffix: '1' }, inner, groups), {
    prefix,
    suffix: '1',
  });
  const hidden = relu(reduced, `${prefix}_relu1`);
  const shuffled =
    groups === 1 ? hidden : shuffleChannels(hidden, groups, `${prefix}_shuffle`, `${prefix}_shuffle_join`);
  const spatial = depthwiseBatchNorm(shuffled, { prefix, suffix: '2' }, halves ? 2 : 1);
  const seen = relu(spatial, `${prefix}_relu2`);
  const widened = groupedPointwise(seen, { prefix, suffix: '3' }, filters, V1_GROUPS);
  const last = batchNorm(widened, { prefix, suffix: '3' });
  const joined = halves
    ? concatChannels([last, halvingPool(x, 'average', `${prefix}_shortcut`)], `${prefix}_join`)
    : add(last, x, `${prefix}_add`);
  return relu(joined, `${prefix}_output`);
}

/** Channels of the stages at each width; the head has 1024. */
const V2_WIDTHS = { 0.5: [48, 96, 192], 1: [116, 232, 464] } as const;
const HEAD_CHANNELS = 1024;

/**
 * ShuffleNetV2: a stem of 24 filters, three stages of 4, 8 and 4 blocks, the first of each at stride 2, a 1×1 convolution to 1024
 * channels, global average pooling, one dense layer. A block passes half of its channels through unchanged, and sends the other half
 * through 1×1, 3×3 depthwise and 1×1 convolutions; at stride 2 all channels go through two branches. Both halves are concatenated and
 * shuffled.
 *
 * Layers are called `stage1_block1_branch1_depthwise1`, `stage1_block2_branch2_conv1`, …, `stage1_block2_output` (shuffled).
 *
 * Source: Ma et al., "ShuffleNet V2", 2018, as torchvision and the distillation benchmarks build it.
 *
 * @param width factor of the channels, 0.5 or 1
 */
export function shufflenetV2(
  name: string,
  { width, stem: kind }: { readonly width: keyof typeof V2_WIDTHS; readonly stem?: Stem | undefined },
  shape: ModelShape,
): BuiltModel {
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  let x = stem(images, kind ?? stemFor(shape));
  V2_WIDTHS[width].forEach((channels, stage) => {
    for (let block = 1; block <= (BLOCKS[stage] ?? 0); block++) {
      const prefix = `stage${stage + 1}_block${block}`;
      const half = channels / 2;
      const [kept, worked] = block === 1 ? halvingBranches(x, prefix, half) : splitBranches(x, prefix, half);
      const joined = concatChannels([kept, worked], `${prefix}_join`);
      x = shuffleChannels(joined, 2, `${prefix}_shuffle`, `${prefix}_output`);
    }
  });
  const head = convBatchNorm(x, { prefix: 'head' }, { filters: HEAD_CHANNELS, size: 1, stride: 1 });
  const logits = classify(relu(head, 'head_output'), HEAD_CHANNELS, shape.classes);
  return { model: model({ inputs: images, outputs: logits, name }), taps: blockTaps(BLOCKS) };
}

type Branches = readonly [kept: SymbolicTensor, worked: SymbolicTensor];

function splitBranches(x: SymbolicTensor, prefix: string, half: number): Branches {
  const kept = sliceChannels(x, 0, half, `${prefix}_branch1`);
  const taken = sliceChannels(x, half, 2 * half, `${prefix}_branch2`);
  return [kept, bottleneckBranch(taken, `${prefix}_branch2`, half, 1)];
}

function halvingBranches(x: SymbolicTensor, prefix: string, half: number): Branches {
  const branch1 = `${prefix}_branch1`;
  const spatial = depthwiseBatchNorm(x, { prefix: branch1, suffix: '1' }, 2);
  const mixed = convBatchNorm(
    spatial,
    { prefix: branch1, suffix: '2' },
    { filters: half, size: 1, stride: 1 },
  );
  return [relu(mixed, `${branch1}_relu2`), bottleneckBranch(x, `${prefix}_branch2`, half, 2)];
}

/** `relu(BN(conv(BN(depthwise(relu(BN(conv(x))))))))`, the convolutions 1×1. */
function bottleneckBranch(
  x: SymbolicTensor,
  prefix: string,
  filters: number,
  stride: number,
): SymbolicTensor {
  const pointwise = { filters, size: 1, stride: 1 };
  const first = relu(convBatchNorm(x, { prefix, suffix: '1' }, pointwise), `${prefix}_relu1`);
  const spatial = depthwiseBatchNorm(first, { prefix, suffix: '2' }, stride);
  return relu(convBatchNorm(spatial, { prefix, suffix: '3' }, pointwise), `${prefix}_relu3`);
}

import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import {
  add,
  apply,
  batchNorm,
  blockTaps,
  classify,
  convBatchNorm,
  convolution,
  depthwiseBatchNorm,
  relu,
  relu6,
} from './conv-bn.js';
import { stemFor } from './stem.js';
import type { Stem } from './stem.js';

/** Rows of the paper's table 2 (expansion t, channels c, blocks n, stride s at 224 pixels), and the stage of each row. */
const ROWS = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1, stage: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 2, stage: 2 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2, stage: 3 },
  { expansion: 6, channels: 64, blocks: 4, stride: 2, stage: 4 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1, stage: 4 },
  { expansion: 6, channels: 160, blocks: 3, stride: 2, stage: 5 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1, stage: 5 },
] as const;

const STEM_CHANNELS = 32;
const HEAD_CHANNELS = 1280;
/** Blocks of each stage. */
const STAGES = [1, 2, 3, 7, 4] as const;

/** The variant of MobileNetV2. */
export interface MobileNetV2Options {
  /** Factor of all channels but the head's, which are never fewer than 1280. */
  readonly width: number;
  /** Default: by the images' size. */
  readonly stem?: Stem | undefined;
  /**
   * The distillation benchmarks' MobileNetV2 for 32 pixels. It truncates channels to whole numbers instead of rounding to multiples
   * of 8, uses ReLU instead of ReLU6, and has an expansion convolution (factor 1) in its first block too. The stem halves the image;
   * the second row does not.
   */
  readonly benchmark?: boolean;
}

/**
 * MobileNetV2: a 3×3 stem, 17 inverted residual blocks, a 1×1 convolution to 1280 channels, global average pooling, one dense
 * layer. A block is a 1×1 convolution that widens, a 3×3 depthwise convolution, and a 1×1 convolution that narrows, without activation.
 * Its input is added where shape and stride allow. No dropout.
 *
 * At 224 pixels the stem and the second, third, fourth and sixth row of the paper's table halve the map. With the stem for 32 pixels
 * the first two of these do not, as is usual for CIFAR. A stage is the rows whose maps have one size at 224 pixels: 1, 2, 3, 4–5 and 6–7.
 *
 * Layers are called `stem_conv`, `stage2_block1_conv1`, `stage2_block1_depthwise2`, `stage2_block1_conv3`, …, `head_conv`; a block's end
 * is `stage2_block1_output`, a linear bottleneck.
 *
 * Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018; channels rounded as torchvision rounds.
 */
export function mobilenetV2(name: string, options: MobileNetV2Options, shape: ModelShape): BuiltModel {
  const { width, benchmark = false } = options;
  const isLarge = (options.stem ?? stemFor(shape)) === 224;
  const scaled = (channels: number): number =>
    benchmark ? Math.floor(channels * width) : roundToEight(channels * width);
  const activate = benchmark ? relu : relu6;
  const images = input({ shape: [...shape.imageShape], name: 'images' });

  let channels = scaled(STEM_CHANNELS);
  const stem = { filters: channels, size: 3, stride: benchmark || isLarge ? 2 : 1 };
  let x = activate(convBatchNorm(images, { prefix: 'stem' }, stem), 'stem_output');
  const ends = new Map<number, number>();
  for (const { expansion, blocks, stage, ...row } of ROWS) {
    const filters = scaled(row.channels);
    const first = row.channels === 24 && !isLarge ? 1 : row.stride;
    for (let at = 0; at < blocks; at++) {
      const block = (ends.get(stage) ?? 0) + 1;
      ends.set(stage, block);
      x = invertedResidual(x, `stage${stage}_block${block}`, {
        channels,
        hidden: channels * expansion,
        widens: expansion > 1 || benchmark,
        filters,
        stride: at === 0 ? first : 1,
        activate,
      });
      channels = filters;
    }
  }
  const headWidth = Math.max(HEAD_CHANNELS, scaled(HEAD_CHANNELS));
  const head = convBatchNorm(x, { prefix: 'head' }, { filters: headWidth, size: 1, stride: 1 });
  const logits = classify(activate(head, 'head_output'), headWidth, shape.classes);
  return { model: model({ inputs: images, outputs: logits, name }), taps: blockTaps(STAGES) };
}

interface InvertedResidual {
  /** Input channels. */
  readonly channels: number;
  readonly hidden: number;
  /** Whether a 1×1 convolution makes the hidden channels; else the depthwise convolution reads the input channels. */
  readonly widens: boolean;
  readonly filters: number;
  readonly stride: number;
  readonly activate: (x: SymbolicTensor, name: string) => SymbolicTensor;
}

/** `conv(act(BN(depthwise(act(BN(conv(x)))))))` with batch norm, plus x where shape and stride allow. */
function invertedResidual(x: SymbolicTensor, prefix: string, block: InvertedResidual): SymbolicTensor {
  const { channels, hidden, widens, filters, stride, activate } = block;
  const wide = widens
    ? activate(
        convBatchNorm(x, { prefix, suffix: '1' }, { filters: hidden, size: 1, stride: 1 }),
        `${prefix}_relu1`,
      )
    : x;
  const spatial = activate(depthwiseBatchNorm(wide, { prefix, suffix: '2' }, stride), `${prefix}_relu2`);
  const last = convolution(spatial, { prefix, suffix: '3' }, { filters, size: 1, stride: 1 });
  const narrow = batchNorm(last, { prefix, suffix: '3' });
  return stride === 1 && channels === filters
    ? add(x, narrow, `${prefix}_output`)
    : // Only for its name: every block must end in a layer that can be tapped.
      apply(layers.activation({ activation: 'linear', name: `${prefix}_output` }), narrow);
}

/** The nearest multiple of 8, at least 8 and not more than a tenth below: torchvision's and the authors' rule. */
function roundToEight(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

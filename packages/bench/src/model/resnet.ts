import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import { add, blockTaps, classify, convBatchNorm, relu } from './conv-bn.js';

/** Filters of the stem and of the three stages. */
const WIDTHS = { stem: 16, stages: [16, 32, 64] } as const;
/** The same for the wider networks, called x4. */
const WIDTHS_X4 = { stem: 32, stages: [64, 128, 256] } as const;

/**
 * The residual network for 32×32 images: a 3×3 stem of 16 filters, three stages of `n` basic blocks with 16, 32 and 64
 * filters (the second and third begin at stride 2), global average pooling, one dense layer. Depth is `6n + 2`. The wider
 * kind has 32 filters in its stem and 64, 128 and 256 in its stages.
 *
 * Layers are called `stem_conv`, `stage2_block1_conv1`, `stage2_block1_shortcut_conv`, …; each block's output after
 * ReLU is `stage2_block1_output`, its sum before ReLU `stage2_block1_add`.
 *
 * Source: He et al., "Deep Residual Learning for Image Recognition", 2016, section 4.2. Where the shape changes, the
 * shortcut is a 1×1 convolution with batch norm (option B), as in the distillation benchmarks; the paper's CIFAR networks
 * pad with zeros (option A). The wider kind also comes from those benchmarks (resnet8x4, resnet32x4).
 *
 * @param depth 8, 14, 20, 32, 44, 56, 110, … (`6n + 2`)
 */
export function resnet(
  name: string,
  { depth, wide = false }: { readonly depth: number; readonly wide?: boolean },
  shape: ModelShape,
): BuiltModel {
  const widths = wide ? WIDTHS_X4 : WIDTHS;
  const blocks = (depth - 2) / 6;
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  const stem = convBatchNorm(images, { prefix: 'stem' }, { filters: widths.stem, size: 3, stride: 1 });

  let x = relu(stem, 'stem_output');
  let width: number = widths.stem;
  widths.stages.forEach((filters, stage) => {
    for (let block = 1; block <= blocks; block++) {
      const stride = stage > 0 && block === 1 ? 2 : 1;
      x = basicBlock(x, `stage${stage + 1}_block${block}`, { width, filters, stride });
      width = filters;
    }
  });
  const logits = classify(x, width, shape.classes);
  return {
    model: model({ inputs: images, outputs: logits, name }),
    taps: blockTaps([blocks, blocks, blocks]),
  };
}

export interface BlockOptions {
  /** Input channels. */
  readonly width: number;
  /** Output channels. */
  readonly filters: number;
  readonly stride: number;
}

/** `relu(BN(conv(relu(BN(conv(x))))) + shortcut(x))`, both convolutions 3×3. */
export function basicBlock(x: SymbolicTensor, name: string, options: BlockOptions): SymbolicTensor {
  const { filters, stride } = options;
  const first = convBatchNorm(x, { prefix: name, suffix: '1' }, { filters, size: 3, stride });
  const hidden = relu(first, `${name}_relu1`);
  const second = convBatchNorm(hidden, { prefix: name, suffix: '2' }, { filters, size: 3, stride: 1 });
  return joined(second, shortcut(x, name, options), name);
}

/** Ratio of the filters of a bottleneck's last convolution to those of its 3×3 convolution. */
const EXPANSION = 4;

/**
 * `relu(BN(conv(relu(BN(conv(relu(BN(conv(x)))))))) + shortcut(x))`: 1×1 to a quarter of the filters, 3×3, 1×1. The stride
 * is applied in the 3×3 convolution, as in torchvision ("v1.5"), not in the first, as in the paper.
 */
export function bottleneck(x: SymbolicTensor, name: string, options: BlockOptions): SymbolicTensor {
  const { filters, stride } = options;
  const inner = filters / EXPANSION;
  const first = convBatchNorm(x, { prefix: name, suffix: '1' }, { filters: inner, size: 1, stride: 1 });
  const reduced = relu(first, `${name}_relu1`);
  const second = convBatchNorm(reduced, { prefix: name, suffix: '2' }, { filters: inner, size: 3, stride });
  const seen = relu(second, `${name}_relu2`);
  const third = convBatchNorm(seen, { prefix: name, suffix: '3' }, { filters, size: 1, stride: 1 });
  return joined(third, shortcut(x, name, options), name);
}

/** x itself, or BN of its 1×1 convolution where the shape changes. */
function shortcut(x: SymbolicTensor, name: string, { width, filters, stride }: BlockOptions): SymbolicTensor {
  const identity = stride === 1 && width === filters;
  return identity ? x : convBatchNorm(x, { prefix: `${name}_shortcut` }, { filters, size: 1, stride });
}

const joined = (x: SymbolicTensor, other: SymbolicTensor, name: string): SymbolicTensor =>
  relu(add(x, other, `${name}_add`), `${name}_output`);

import { input, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import { blockTaps, classify } from './conv-bn.js';
import { basicBlock, bottleneck } from './resnet.js';
import { stemFor, stemOf } from './stem.js';
import type { Stem } from './stem.js';

const STEM_WIDTH = 64;
/** Filters of the stages' basic blocks; bottlenecks have four times as many. */
const STAGE_WIDTHS = [64, 128, 256, 512] as const;

const KINDS = {
  18: { blocks: [2, 2, 2, 2], isDeep: false },
  34: { blocks: [3, 4, 6, 3], isDeep: false },
  50: { blocks: [3, 4, 6, 3], isDeep: true },
} as const;

/**
 * The residual network of ImageNet: a stem of 64 filters, four stages of basic blocks (18, 34) or bottlenecks (50), of which all but
 * the first begin at stride 2, global average pooling, one dense layer.
 *
 * The stem for 224 pixels is a 7×7 convolution at stride 2 and 3×3 max pooling at stride 2. The stem for 32 pixels is a 3×3
 * convolution at stride 1, as in the distillation benchmarks for CIFAR.
 *
 * Layers are named as in the smaller residual networks: `stem_conv`, `stage2_block1_conv1`, …, `stage4_block2_output`.
 *
 * Source: He et al., "Deep Residual Learning for Image Recognition", 2016, table 1; bottlenecks as in torchvision ("v1.5").
 *
 * @param stem default: by the images' size
 */
export function imagenetResnet(
  name: string,
  { depth, stem }: { readonly depth: keyof typeof KINDS; readonly stem?: Stem | undefined },
  shape: ModelShape,
): BuiltModel {
  const { blocks, isDeep } = KINDS[depth];
  const isLarge = (stem ?? stemFor(shape)) === 224;
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  let x = stemOf(images, {
    filters: STEM_WIDTH,
    size: isLarge ? 7 : 3,
    stride: isLarge ? 2 : 1,
    pooled: isLarge,
  });
  let width: number = STEM_WIDTH;
  STAGE_WIDTHS.forEach((base, stage) => {
    const filters = isDeep ? 4 * base : base;
    for (let block = 1; block <= (blocks[stage] ?? 0); block++) {
      const stride = stage > 0 && block === 1 ? 2 : 1;
      const options = { width, filters, stride };
      const at = `stage${stage + 1}_block${block}`;
      x = isDeep ? bottleneck(x, at, options) : basicBlock(x, at, options);
      width = filters;
    }
  });
  const logits = classify(x, width, shape.classes);
  return { model: model({ inputs: images, outputs: logits, name }), taps: blockTaps(blocks) };
}

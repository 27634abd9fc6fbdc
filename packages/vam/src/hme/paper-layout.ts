import { initializers, input, layers, model } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { checkOptions, wholeNumber } from '@distilljs/core';
import type { OptionChecks } from '@distilljs/core';
import { classHeads } from './class-heads.js';
import { shapeChecks, sizes } from './hme-options.js';
import type { Complete, HmeShape } from './hme-options.js';
import { registerHme } from './read-experts.js';
import { TaskAttention } from './task-attention-layer.js';

/** How {@link hmePaper} builds its network. */
export interface HmePaperOptions extends HmeShape {
  /** M, experts per level, 2 to 64. Default 4. */
  readonly experts?: number;
  /**
   * Filters of the trunk, then of one expert per level: 2 to 16 entries. Default `[64, 32, 64, 128]`: ResNet-18's
   * stages, the last three divided by 4.
   */
  readonly widths?: readonly number[];
  /** Residual blocks in the trunk and in each expert, 1 to 64. Default 2. */
  readonly blocks?: number;
}

/** One check per option of {@link hmePaper}, for programs that take them from a configuration. */
export const hmePaperChecks: OptionChecks<Complete<HmePaperOptions>> = {
  ...shapeChecks,
  experts: wholeNumber({ min: 2, max: 64 }),
  widths: sizes(2),
  blocks: wholeNumber({ min: 1, max: 64 }),
};

/**
 * KDExplainer in the layout of the paper's figure: a trunk, levels of parallel experts and one head per class.
 * Task-oriented attention precedes the heads and every level but the first, whose experts all see the trunk's output.
 *
 * Experts are stages of a residual network for small images, split by width; each starts at stride 2. Class heads are
 * dense layers on the globally averaged, attention-weighted outputs of the last experts. Averaging comes first, which
 * is cheaper and equivalent, as both operations are linear.
 *
 * Layers are named `trunk_…`, `level2_expert1_…`, `attention3`, `attention_classes`, `head0`, `scores`. tfjs draws the
 * initial weights; redraw them with `seedWeights` for a reproducible run. Call `registerHme()` before loading a saved
 * model elsewhere.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: the layout is the figure's; widths, blocks and heads are
 *   proposed, taken from ResNet-18.
 */
export function hmePaper(given: HmePaperOptions): LayersModel {
  const defaults = { experts: 4, widths: [64, 32, 64, 128], blocks: 2 } as const;
  const { imageShape, classes, experts, widths, blocks, head } = checkOptions<Complete<HmePaperOptions>>(
    'hmePaper',
    given as Partial<Complete<HmePaperOptions>>,
    { head: 'binary', ...defaults } as unknown as Complete<HmePaperOptions>,
    hmePaperChecks,
  );
  registerHme();
  const [trunkWidth = 1, ...levels] = widths;
  const images = input({ shape: [...imageShape], name: 'images' });
  const stem = relu(
    convBatchNorm(images, 'trunk_stem', { filters: trunkWidth, size: 3, stride: 1 }),
    'trunk_stem',
  );
  const trunk = stage(stem, 'trunk', { width: trunkWidth, filters: trunkWidth, stride: 1, blocks });

  let parents: SymbolicTensor[] = [trunk];
  let width = trunkWidth;
  levels.forEach((filters, index) => {
    const level = index + 2;
    const inputs =
      index === 0 ? Array.from({ length: experts }, () => trunk) : mix(parents, experts, `attention${level}`);
    parents = inputs.map((x, expert) =>
      stage(x, `level${level}_expert${expert + 1}`, { width, filters, stride: 2, blocks }),
    );
    width = filters;
  });
  const pooled = parents.map(
    (x, expert) =>
      layers
        .globalAveragePooling2d({ name: `pool${expert + 1}`, dataFormat: 'channelsLast' })
        .apply(x) as SymbolicTensor,
  );
  const scores = classHeads(mix(pooled, classes, 'attention_classes'), head, (x) => x);
  return model({ inputs: images, outputs: scores, name: 'kdexplainer' });
}

function mix(parents: SymbolicTensor[], children: number, name: string): SymbolicTensor[] {
  const mixed = new TaskAttention({ children, name }).apply(parents) as SymbolicTensor | SymbolicTensor[];
  return Array.isArray(mixed) ? mixed : [mixed];
}

interface StageOptions {
  /** Channels that come in. */
  readonly width: number;
  readonly filters: number;
  readonly stride: number;
  readonly blocks: number;
}

/** Basic residual blocks; the first has the given stride. */
function stage(
  x: SymbolicTensor,
  name: string,
  { width, filters, stride, blocks }: StageOptions,
): SymbolicTensor {
  let y = x;
  for (let block = 0; block < blocks; block++) {
    const [from, step] = block === 0 ? [width, stride] : [filters, 1];
    const prefix = `${name}_block${block + 1}`;
    const first = convBatchNorm(y, `${prefix}_1`, { filters, size: 3, stride: step });
    const second = convBatchNorm(relu(first, `${prefix}_1`), `${prefix}_2`, { filters, size: 3, stride: 1 });
    const isIdentity = step === 1 && from === filters;
    const shortcut = isIdentity
      ? y
      : convBatchNorm(y, `${prefix}_shortcut`, { filters, size: 1, stride: step });
    const sum = layers.add({ name: `${prefix}_add` }).apply([second, shortcut]) as SymbolicTensor;
    y = relu(sum, prefix);
  }
  return y;
}

interface ConvOptions {
  readonly filters: number;
  readonly size: number;
  readonly stride: number;
}

function convBatchNorm(
  x: SymbolicTensor,
  name: string,
  { filters, size, stride }: ConvOptions,
): SymbolicTensor {
  // At stride 2 'same' pads below and to the right only; PyTorch pads all four sides.
  const isPadded = stride > 1 && size > 1;
  const padded = isPadded
    ? layers.zeroPadding2d({ padding: (size - 1) / 2, name: `${name}_pad` }).apply(x)
    : x;
  const convolution = layers.conv2d({
    name: `${name}_conv`,
    filters,
    kernelSize: size,
    strides: stride,
    padding: isPadded || size === 1 ? 'valid' : 'same',
    useBias: false,
    kernelInitializer: initializers.varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'normal' }),
  });
  const norm = layers.batchNormalization({ name: `${name}_bn`, momentum: 0.9, epsilon: 1e-5 });
  return norm.apply(convolution.apply(padded)) as SymbolicTensor;
}

function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return layers.reLU({ name: `${name}_relu` }).apply(x) as SymbolicTensor;
}

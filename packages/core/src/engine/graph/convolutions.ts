import type { AttributeValue } from './graph-def.js';
import { sameList, valuesOf } from './recording.js';
import type { Op, Recording, Ref, Values } from './recording.js';

/** The replacement in a graph for an operation that tfjs issues. */
export interface Replacement {
  readonly name: string;
  readonly inputs: readonly Ref[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A convolution of this package with the terms added to its result. */
interface Chain {
  readonly x: Ref;
  readonly filter: Ref;
  /** Bias, then residual. */
  readonly after: readonly Ref[];
}

/** Input and output channels must fill whole vectors, and filters must fit the caches. */
const LANES = 16;
const MOST_CHANNELS = 256;
/** Edge length of the tiles, and the largest factor by which padding to whole tiles may enlarge an image. */
const EDGE = 4;
const MOST_PADDED = 1.4;

/**
 * Replaces convolutions by faster forms than tfjs issues.
 *
 * - A bias is added by `BiasAdd` instead of `Add`: TensorFlow then fuses bias, following residual sum and ReLU
 *   with the convolution.
 * - With `own`, 3x3 convolutions at stride 1 run by Winograd's algorithm, fused with bias, residual sum and
 *   ReLU. A sum that another operation also reads is computed separately.
 *
 * @param own whether the binding has this package's convolutions: tools/native-engine/kernels
 */
export function replaceConvolutions(recording: Recording, own: boolean): ReadonlyMap<Op, Replacement> {
  const values = valuesOf(recording);
  const chains = new Map<Ref, Chain>();
  const replaced = new Map<Op, Replacement>();
  const convolution = (op: Op, ref: Ref, chain: Chain, relu = false): void => {
    const { x, filter, after } = chain;
    const attributes = { N: whole('N', after.length), relu: flag('relu', relu) };
    replaced.set(op, { name: 'DistilljsConvolution', inputs: [x, filter, ...after], attributes });
    if (!relu) chains.set(ref, chain);
  };
  const chainOf = (ref: Ref): Chain | undefined => (values.uses(ref) === 1 ? chains.get(ref) : undefined);

  values.ops.forEach(({ op, ref }) => {
    const { name, inputs } = op;
    const [first = 0, second = 0, third = 0] = inputs;
    if (own && isFit(op, ref, values)) {
      if (name === 'Conv2D') convolution(op, ref, { x: first, filter: second, after: [] });
      else if (name === 'Conv2DBackpropInput')
        replaced.set(op, { name: 'DistilljsInputGradient', inputs: [third, second], attributes: {} });
      else replaced.set(op, { name: 'DistilljsFilterGradient', inputs: [first, third], attributes: {} });
      return;
    }
    if (name === 'Relu') {
      const chain = chainOf(first);
      if (chain !== undefined) convolution(op, ref, chain, true);
      return;
    }
    if (!/^Add(V2)?$/.test(name)) return;
    if (isBias(second, ref, values)) {
      const chain = chainOf(first);
      if (chain?.after.length === 0) convolution(op, ref, { ...chain, after: [second] });
      else if (/^(Conv2D|DepthwiseConv2dNative)$/.test(values.madeBy(first)?.name ?? ''))
        replaced.set(op, { name: 'BiasAdd', inputs, attributes: { T: { type: FLOAT } } });
      return;
    }
    if (!isSameShape(first, second, values)) return;
    for (const [sum, residual] of [
      [first, second],
      [second, first],
    ] as const) {
      const chain = chainOf(sum);
      if (chain?.after.length !== 1 || replaced.has(op)) continue;
      convolution(op, ref, { ...chain, after: [...chain.after, residual] });
    }
  });
  return replaced;
}

/** Whether this package's convolutions can replace any convolution of a recording. */
export function hasFittingConvolutions(recording: Recording): boolean {
  const values = valuesOf(recording);
  return values.ops.some(({ op, ref }) => isFit(op, ref, values));
}

/** TensorFlow's number for float32. */
const FLOAT = 1;

const whole = (name: string, value: number): AttributeValue => ({ given: { name, type: 1, value } });
const flag = (name: string, value: boolean): AttributeValue => ({ given: { name, type: 3, value } });

/** Whether this package's kernels support a convolution, or one of its gradients. */
function isFit({ name, attributes, inputs }: Op, ref: Ref, { infoOf }: Values): boolean {
  const [first = 0, second = 0, third = 0] = inputs;
  const [images, filter] = {
    Conv2D: [first, second],
    Conv2DBackpropInput: [third, second],
    Conv2DBackpropFilter: [first, ref],
  }[name] ?? [undefined, undefined];
  if (images === undefined || filter === undefined || infoOf(images)?.dtype !== FLOAT) return false;
  const of = (wanted: string): unknown => attributes.find((each) => each.name === wanted)?.value;
  const areOnes = (value: unknown): boolean =>
    value === undefined || (Array.isArray(value) && value.every((each) => each === 1));
  if (of('padding') !== 'SAME' || (of('data_format') ?? 'NHWC') !== 'NHWC') return false;
  if (!areOnes(of('strides')) || !areOnes(of('dilations'))) return false;
  const [rows, columns, ...channels] = infoOf(filter)?.shape ?? [];
  const [count, height = 0, width = 0] = infoOf(images)?.shape ?? [];
  const padded = Math.ceil(height / EDGE) * Math.ceil(width / EDGE) * EDGE ** 2;
  return (
    rows === 3 &&
    columns === 3 &&
    channels.every((size) => size > 0 && size % LANES === 0 && size <= MOST_CHANNELS) &&
    count !== 0 &&
    padded > 0 &&
    padded <= MOST_PADDED * height * width
  );
}

const isSameShape = (a: Ref, b: Ref, { infoOf }: Values): boolean =>
  sameList(infoOf(a)?.shape ?? [], infoOf(b)?.shape ?? [0]);

/** Whether `added` has one number per channel of `sum`. */
function isBias(added: Ref, sum: Ref, { infoOf }: Values): boolean {
  const [shape, whole] = [infoOf(added)?.shape, infoOf(sum)?.shape];
  return shape?.length === 1 && whole?.length === 4 && shape[0] === whole[3];
}

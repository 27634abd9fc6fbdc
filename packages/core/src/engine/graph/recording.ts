import type { OpAttribute } from '../kernels/tensorflow-backend.js';
import type { AttributeValue, NodeDef } from './graph-def.js';

/** Shape and type of a tensor; types are TensorFlow's numbers. */
export interface TensorInfo {
  readonly shape: readonly number[];
  readonly dtype: number;
}

/**
 * A value as a recording names it: from 0, in order of appearance, what the recording uploads or computes; below 0 (`~n`)
 * the n-th tensor from outside that it reads.
 */
export type Ref = number;

/** Values that JavaScript hands to TensorFlow. */
export interface Upload extends TensorInfo {
  readonly kind: 'upload';
  /** Of whole numbers, which may be shapes or axes. */
  readonly bytes: Uint8Array | undefined;
}

/** One operation. */
export interface Op {
  readonly kind: 'op';
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Ref[];
  readonly outputs: readonly TensorInfo[];
}

export type Entry = Upload | Op;

/** A tensor from outside that a recording reads. */
export interface External extends TensorInfo {
  /**
   * Where it is part of the graph rather than fed to it: the id that it had. A tensor never changes, so that the same id
   * stands for the same values.
   */
  readonly fixed: number | undefined;
  /** The values of a shape or an axis, which may come under another id. */
  readonly bytes: Uint8Array | undefined;
}

/** What was asked of TensorFlow between two reads of a value. */
export interface Recording {
  readonly entries: readonly Entry[];
  readonly externals: readonly External[];
  /** Uploads that are shapes or axes; all other uploads are inputs of the graph. */
  readonly structure: ReadonlySet<Ref>;
}

/**
 * Inputs that say *what* an op computes (shapes, axes, permutations) rather than with which numbers. A graph is made for
 * these values, and another for others. Negative positions count from the last input.
 */
const STRUCTURAL: Readonly<Record<string, readonly number[]>> = {
  All: [1],
  Any: [1],
  ArgMax: [1],
  ArgMin: [1],
  BatchToSpaceND: [1, 2],
  BroadcastTo: [1],
  ConcatV2: [-1],
  Conv2DBackpropFilter: [1],
  Conv2DBackpropInput: [0],
  CropAndResize: [3],
  Conv3DBackpropFilterV2: [1],
  Conv3DBackpropInputV2: [0],
  Cumprod: [1],
  Cumsum: [1],
  DepthwiseConv2dNativeBackpropFilter: [1],
  DepthwiseConv2dNativeBackpropInput: [0],
  ExpandDims: [1],
  Fill: [0],
  GatherV2: [2],
  IRFFT: [1],
  AvgPoolGrad: [0],
  AvgPool3DGrad: [0],
  LinSpace: [2],
  Max: [1],
  Mean: [1],
  Min: [1],
  MirrorPad: [1],
  OneHot: [1],
  Pad: [1],
  PadV2: [1],
  Prod: [1],
  Range: [0, 1, 2],
  Reshape: [1],
  ResizeBilinear: [1],
  ResizeNearestNeighbor: [1],
  ResizeNearestNeighborGrad: [1],
  ReverseV2: [1],
  RFFT: [1],
  ScatterNd: [2],
  Slice: [1, 2],
  SpaceToBatchND: [1, 2],
  SparseToDense: [1],
  Split: [0],
  SplitV: [1, 2],
  StridedSlice: [1, 2, 3],
  Sum: [1],
  Tile: [1],
  TopKV2: [1],
  Transpose: [1],
  UnsortedSegmentSum: [2],
};

/** The positions of an op's inputs that are shapes or axes. */
export function structuralInputs({ name, inputs }: Pick<Op, 'name' | 'inputs'>): readonly number[] {
  return (STRUCTURAL[name] ?? []).map((position) => (position < 0 ? inputs.length + position : position));
}

/** Ops whose output's shape depends on values, that draw numbers of their own or that act on the world: never recorded. */
export function isRecordable(name: string): boolean {
  return !/^(Where|Unique|UniqueV2|NonMaxSuppression.*|SparseFillEmptyRows|SparseReshape|Ragged.*|String.*|Static.*|Bincount|DenseBincount|Decode.*|Encode.*|Summary.*|.*Summary.*|Multinomial|Random.*|Truncated.*|Stateful.*)$/.test(
    name,
  );
}

export const sameInfo = (a: TensorInfo, b: TensorInfo): boolean =>
  a.dtype === b.dtype && sameList(a.shape, b.shape);

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

export const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.length === b.length &&
  a.every((value, index) => value === b[index]);

/** Whether an op is given the same attributes, in the same order. */
export function sameAttributes(a: readonly OpAttribute[], b: readonly OpAttribute[]): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every(({ name, type, value }, index) => {
      const other = b[index];
      if (other?.name !== name || other.type !== type) return false;
      return Array.isArray(value) && Array.isArray(other.value)
        ? sameList(value, other.value)
        : value === other.value;
    })
  );
}

/** The nodes of a recording's graph, and which of them are fed. */
export interface GraphPlan {
  readonly nodes: readonly NodeDef[];
  /** Names of the fed nodes, with the value that each stands for. */
  readonly feeds: readonly { readonly name: string; readonly ref: Ref }[];
  /** By value its node's output, as `name:index`. */
  readonly outputs: readonly string[];
}

/**
 * A recording as nodes of a graph: inputs are placeholders, shapes, axes and weights of frozen networks constants.
 *
 * @param bytesOf the values of a tensor from outside
 */
export function planGraph(
  { entries, externals, structure }: Recording,
  bytesOf: (id: number) => Uint8Array,
): GraphPlan {
  const nodes: NodeDef[] = [];
  const feeds: { name: string; ref: Ref }[] = [];
  const outputs: string[] = [];
  const infos: TensorInfo[] = [];
  const made = new Map<Ref, Op>();
  const value = (
    name: string,
    ref: Ref,
    { shape, dtype }: TensorInfo,
    bytes: Uint8Array | undefined,
  ): void => {
    const attributes: Readonly<Record<string, AttributeValue>> =
      bytes === undefined
        ? { dtype: { type: dtype }, shape: { shape } }
        : { dtype: { type: dtype }, value: { tensor: { dtype, shape, bytes } } };
    nodes.push({ name, op: bytes === undefined ? 'Placeholder' : 'Const', inputs: [], attributes });
    if (bytes === undefined) feeds.push({ name, ref });
  };
  externals.forEach((external, index) => {
    const { fixed, bytes } = external;
    value(`x${index}`, ~index, external, bytes ?? (fixed === undefined ? undefined : bytesOf(fixed)));
  });
  const infoOf = (ref: Ref): TensorInfo | undefined => (ref < 0 ? externals[~ref] : infos[ref]);
  entries.forEach((entry, at) => {
    if (entry.kind === 'upload') {
      const ref = outputs.length;
      value(`u${at}`, ref, entry, structure.has(ref) ? entry.bytes : undefined);
      outputs.push(`u${at}:0`);
      infos.push(entry);
      return;
    }
    const attributes: Record<string, AttributeValue> = Object.fromEntries(
      entry.attributes.map((given) => [given.name, { given }]),
    );
    // tfjs leaves these out: an eager op infers them from its inputs, a graph does not.
    if (entry.name === 'ExpandDims') {
      attributes['T'] ??= { type: infoOf(entry.inputs[0] ?? 0)?.dtype ?? 1 };
      attributes['Tdim'] ??= { type: infoOf(entry.inputs[1] ?? 0)?.dtype ?? 3 };
    }
    const inputs = entry.inputs.map((ref) => (ref < 0 ? `x${~ref}:0` : (outputs[ref] ?? '')));
    const op = addsBias(entry, infoOf, made) ? 'BiasAdd' : entry.name;
    nodes.push({ name: `n${at}`, op, inputs, attributes });
    entry.outputs.forEach((info, index) => {
      made.set(outputs.length, entry);
      outputs.push(`n${at}:${index}`);
      infos.push(info);
    });
  });
  return { nodes, feeds, outputs };
}

/**
 * Whether an addition adds a convolution's bias. As `BiasAdd`, TensorFlow runs it, the residual sum after it and the ReLU as one operation
 * with the convolution.
 */
function addsBias(
  { name, inputs: [sum = 0, bias = 0], outputs: [output] }: Op,
  infoOf: (ref: Ref) => TensorInfo | undefined,
  made: ReadonlyMap<Ref, Op>,
): boolean {
  if (!/^Add(V2)?$/.test(name) || !/^(Conv2D|DepthwiseConv2dNative)$/.test(made.get(sum)?.name ?? ''))
    return false;
  const [from, added] = [infoOf(sum), infoOf(bias)];
  return (
    added?.shape.length === 1 &&
    added.shape[0] === output?.shape.at(-1) &&
    sameList(from?.shape ?? [], output?.shape ?? [])
  );
}

import type { OpAttribute } from '../kernels/tensorflow-backend.js';

/** Shape and type of a tensor; types are TensorFlow's numbers. */
export interface TensorInfo {
  readonly shape: readonly number[];
  readonly dtype: number;
}

/**
 * The number of a value in a recording: from 0, in order of appearance, for what it uploads or computes; below
 * 0 (`~n`) for the n-th outside tensor that it reads.
 */
export type Ref = number;

/** Values that JavaScript passes to TensorFlow. */
export interface Upload extends TensorInfo {
  readonly kind: 'upload';
  /** The bytes of integers or single numbers, which may be shapes, axes or range bounds. */
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

/** An outside tensor that a recording reads. */
export interface External extends TensorInfo {
  /**
   * The tensor's id if it is a constant of the graph instead of an input. A tensor never changes, so the same
   * id means the same values.
   */
  readonly fixed: number | undefined;
  /** The values of a shape or axis, which may have another id in another step. */
  readonly bytes: Uint8Array | undefined;
}

/** The uploads and operations between two reads of a value. */
export interface Recording {
  readonly entries: readonly Entry[];
  readonly externals: readonly External[];
  /** Uploads that are shapes or axes; all other uploads are inputs of the graph. */
  readonly structure: ReadonlySet<Ref>;
}

/**
 * Inputs that determine *what* an op computes (shapes, axes, permutations) rather than with which numbers. Each
 * graph is made for particular values of these. Negative positions count from the last input.
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

/** False for ops whose output shape depends on values, that draw random numbers, or that have side effects. */
export function isRecordable(name: string): boolean {
  return !/^(Where|Unique|UniqueV2|NonMaxSuppression.*|SparseFillEmptyRows|SparseReshape|Ragged.*|String.*|Static.*|Bincount|DenseBincount|Decode.*|Encode.*|Summary.*|.*Summary.*|Multinomial|Random.*|Truncated.*|Stateful.*)$/.test(
    name,
  );
}

export const sameInfo = (a: TensorInfo, b: TensorInfo): boolean =>
  a.dtype === b.dtype && sameList(a.shape, b.shape);

export const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

export const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.length === b.length &&
  a.every((value, index) => value === b[index]);

/** Whether two ops have the same attributes, in the same order. */
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

/** The values of a recording, by {@link Ref}. */
export interface Values {
  /** The ops in order, each with the reference of its first output. */
  readonly ops: readonly { readonly op: Op; readonly ref: Ref }[];
  readonly infoOf: (ref: Ref) => TensorInfo | undefined;
  /** The op that made a value; undefined for uploads and outside tensors. */
  readonly madeBy: (ref: Ref) => Op | undefined;
  /** Number of times that ops read a value. */
  readonly uses: (ref: Ref) => number;
}

export function valuesOf({ entries, externals }: Recording): Values {
  const infos: TensorInfo[] = [];
  const makers: (Op | undefined)[] = [];
  const uses = new Map<Ref, number>();
  const ops: { op: Op; ref: Ref }[] = [];
  for (const entry of entries) {
    const op = entry.kind === 'op' ? entry : undefined;
    if (op !== undefined) ops.push({ op, ref: infos.length });
    op?.inputs.forEach((ref) => uses.set(ref, (uses.get(ref) ?? 0) + 1));
    for (const info of entry.kind === 'op' ? entry.outputs : [entry]) {
      infos.push(info);
      makers.push(op);
    }
  }
  return {
    ops,
    infoOf: (ref) => (ref < 0 ? externals[~ref] : infos[ref]),
    madeBy: (ref) => makers[ref],
    uses: (ref) => uses.get(ref) ?? 0,
  };
}

import { PbfReader } from 'pbf';

/*
 * Reads what a teacher needs from the protobuf of an ONNX file, without copying weights.
 * Field numbers: onnx/onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  /** `TensorProto.DataType`: 1 float32, 2 uint8, 10 float16, … */
  readonly type: number;
  /** Sizes, or names for axes of any size; undefined if the file does not say. */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of a transpose: the axes of the input, in the order of the output. */
  readonly perm?: readonly number[] | undefined;
  /** Of a layer normalization, among others. */
  readonly axis?: number | undefined;
  /** Computes as in training: a batch normalization by its batch, or a dropout that drops. */
  readonly isTraining?: boolean | undefined;
}

export interface OnnxFile {
  /** The inputs without a stored value. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** The operations, in the order of the file, in which they run. */
  readonly nodes: readonly OnnxNode[];
  /** Total number of values in all stored floating-point tensors. */
  readonly parameters: number;
  /** Files beside this one that hold weights. */
  readonly externalFiles: readonly string[];
}

/**
 * Parses a file; without a graph, all lists are empty. @throws the reader's error for bytes that are no
 * protobuf
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  const graph: GraphParts = { inputs: [], outputs: [], nodes: [], stored: [], constants: [] };
  new PbfReader(bytes).readFields((tag, into, pbf) => {
    if (tag === 7) pbf.readMessage(readGraph, into);
  }, graph);
  const stored = new Set(graph.stored.map(({ name }) => name));
  const trues = new Set(
    [...graph.stored, ...graph.constants].filter(({ isTrue }) => isTrue).map(({ name }) => name),
  );
  const isFloat = ({ type }: Stored): boolean => [1, 10, 11, 16].includes(type);
  return {
    inputs: graph.inputs.filter(({ name }) => !stored.has(name)),
    outputs: graph.outputs,
    nodes: graph.nodes.map((node) =>
      node.op === 'Dropout' && trues.has(node.inputs[2] ?? '') ? { ...node, isTraining: true } : node,
    ),
    parameters: graph.stored.filter(isFloat).reduce((sum, { size }) => sum + size, 0),
    externalFiles: [...new Set(graph.stored.flatMap(({ file }) => file ?? []))],
  };
}

/** Encodes a protobuf field with this number, at most 15. The writer of pbf would add 2 kB to every page. */
function field(number: number, content: readonly number[]): number[] {
  const length = [];
  let rest = content.length;
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
  return [(number << 3) | 2, ...length, rest, ...content];
}

/**
 * The file with additional values among its graph's outputs. Protobuf merges the fields of a repeated message, so
 * appending a second graph message suffices.
 */
export function withOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const values = names.flatMap((name) => field(12, field(1, [...new TextEncoder().encode(name)])));
  const added = field(7, values);
  const whole = new Uint8Array(bytes.length + added.length);
  whole.set(bytes);
  whole.set(added, bytes.length);
  return whole;
}

interface Stored {
  name: string;
  type: number;
  size: number;
  file: string | undefined;
  /** Is or begins with the boolean true. */
  isTrue: boolean;
}

interface GraphParts {
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  readonly nodes: OnnxNode[];
  readonly stored: Stored[];
  /** The values of `Constant` nodes. */
  readonly constants: Stored[];
}

type ReadField<Into> = (tag: number, into: Into, pbf: PbfReader) => void;

const readGraph: ReadField<GraphParts> = (tag, graph, pbf) => {
  if (tag === 1) {
    const node: ReadingNode = pbf.readMessage(readNode, { op: '', inputs: [], outputs: [] });
    graph.nodes.push(node);
    if (node.constant !== undefined) graph.constants.push({ ...node.constant, name: node.outputs[0] ?? '' });
  } else if (tag === 5) {
    graph.stored.push(pbf.readMessage(readStored, emptyTensor()));
  } else if (tag === 11 || tag === 12) {
    const value = pbf.readMessage(readValue, { name: '', type: 0, shape: undefined });
    graph[tag === 11 ? 'inputs' : 'outputs'].push(value);
  }
};

interface ReadingNode {
  op: string;
  inputs: string[];
  outputs: string[];
  perm?: readonly number[];
  axis?: number;
  isTraining?: boolean;
  constant?: Stored;
}

const readNode: ReadField<ReadingNode> = (tag, node, pbf) => {
  if (tag === 1) node.inputs.push(pbf.readString());
  else if (tag === 2) node.outputs.push(pbf.readString());
  else if (tag === 4) node.op = pbf.readString();
  else if (tag === 5) {
    const { name, whole, wholes, tensor } = pbf.readMessage(readAttribute, {
      ...{ name: '', whole: 0, wholes: [], tensor: emptyTensor() },
    });
    if (name === 'perm') node.perm = wholes;
    else if (name === 'axis') node.axis = whole;
    else if (name === 'training_mode') node.isTraining = whole === 1;
    else if (name === 'value') node.constant = tensor;
  }
};

interface ReadingAttribute {
  name: string;
  whole: number;
  wholes: number[];
  readonly tensor: Stored;
}

const readAttribute: ReadField<ReadingAttribute> = (tag, found, pbf) => {
  if (tag === 1) found.name = pbf.readString();
  else if (tag === 3) found.whole = pbf.readVarint(true);
  else if (tag === 5) pbf.readMessage(readStored, found.tensor);
  else if (tag === 8) pbf.readPackedVarint(found.wholes, true);
};

const emptyTensor = (): Stored => ({ name: '', type: 0, size: 1, file: undefined, isTrue: false });
const BOOL = 9;

const readStored: ReadField<Stored> = (tag, tensor, pbf) => {
  if (tag === 1) for (const axis of pbf.readPackedVarint([], true)) tensor.size *= axis;
  else if (tag === 2) tensor.type = pbf.readVarint();
  else if (tag === 5) tensor.isTrue = tensor.type === BOOL && pbf.readPackedVarint()[0] === 1;
  else if (tag === 8) tensor.name = pbf.readString();
  else if (tag === 9 && tensor.type === BOOL) tensor.isTrue = pbf.readBytes()[0] === 1;
  else if (tag === 13) {
    const entry = pbf.readMessage(readEntry, { key: '', value: '' });
    if (entry.key === 'location') tensor.file = entry.value;
  }
};

const readEntry: ReadField<{ key: string; value: string }> = (tag, entry, pbf) => {
  if (tag === 1) entry.key = pbf.readString();
  else if (tag === 2) entry.value = pbf.readString();
};

interface ReadingValue {
  name: string;
  type: number;
  shape: (number | string)[] | undefined;
}

/** ValueInfoProto → TypeProto → TypeProto.Tensor → TensorShapeProto → Dimension. */
const readValue: ReadField<ReadingValue> = (tag, value, pbf) => {
  if (tag === 1) value.name = pbf.readString();
  else if (tag === 2) pbf.readMessage(readType, value);
};

const readType: ReadField<ReadingValue> = (tag, value, pbf) => {
  if (tag === 1) pbf.readMessage(readTensorType, value);
};

const readTensorType: ReadField<ReadingValue> = (tag, value, pbf) => {
  if (tag === 1) value.type = pbf.readVarint();
  else if (tag === 2) {
    value.shape = [];
    pbf.readMessage(readShape, value.shape);
  }
};

const readShape: ReadField<(number | string)[]> = (tag, shape, pbf) => {
  if (tag !== 1) return;
  const axis: { size: number | string } = { size: '?' };
  pbf.readMessage((inner, into, reader) => {
    if (inner === 1) into.size = reader.readVarint(true);
    else if (inner === 2) into.size = reader.readString();
  }, axis);
  shape.push(axis.size);
};

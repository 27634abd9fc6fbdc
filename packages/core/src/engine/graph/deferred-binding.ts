import type { OpAttribute } from '../kernels/tensorflow-backend.js';
import type { Binding, OutputInfo, TypedArray } from './compiled-graph.js';
import { recordingLibrary } from './recording-library.js';
import type { RecordingUse } from './recording-library.js';
import { isRecordable, sameAttributes, sameBytes, sameInfo } from './recording.js';
import type { Op, Ref } from './recording.js';
import { addValue, idOf, newSegment, nextEntry } from './segment.js';
import { copyOfBytes, FIRST_ID, tensorTable } from './tensor-table.js';

export interface DeferredBinding {
  /** The binding that tfjs uses instead of the real one. */
  readonly binding: Binding;
  /** From here on, operations wait until a value is read, and then run as one graph. */
  begin(): void;
  /** Runs the waiting operations. */
  end(): void;
  readonly isActive: boolean;
  readonly use: () => RecordingUse;
}

/** Fewer operations than this are not worth a graph. */
const FEWEST_OPS = 8;

/**
 * Wraps TensorFlow's binding for tfjs. Between {@link DeferredBinding.begin} and `end`, an operation that
 * matches the next one of a known recording does not run: it returns the id of a future tensor with the
 * recorded shape. When a value is read, all waiting operations run as one TensorFlow graph. An operation that
 * matches no recording makes all waiting operations run op by op, and becomes part of a new recording.
 *
 * JavaScript thus runs in every step, and whatever it uploads (images, labels, learning rates, masks, term
 * weights) is an input of the graph: nothing that changes can be mistaken for a constant. A graph contains only
 * shapes, axes and the weights of frozen networks, and runs only if these are the same.
 *
 * @param constantIds returns ids of tensors that may be constants of a graph
 */
export function deferBinding(real: Binding, constantIds: () => ReadonlySet<number>): DeferredBinding {
  const table = tensorTable(real);
  let depth = 0;
  let segment = newSegment(FIRST_ID, []);

  const tensorOf = (id: number): number =>
    id >= segment.base ? (segment.tensors[id - segment.base] ?? -1) : table.tensorOf(id);
  const bytesOf = (id: number): Uint8Array => copyOfBytes(real.tensorDataSync(tensorOf(id)));
  const recordings = recordingLibrary(real, { tensorOf, infoOf: table.infoOf, bytesOf, constantIds });
  const inputTensors = (refs: readonly Ref[]): number[] => refs.map((ref) => tensorOf(idOf(segment, ref)));

  // --- what tfjs calls

  function createTensor(shape: number[], dtype: number, values: TypedArray): number {
    const tensor = real.createTensor(shape, dtype, values);
    if (depth === 0) {
      table.note(tensor, { shape: [...shape], dtype });
      return tensor;
    }
    // Values that may be structural: shapes and axes are integers, the bounds of a range are single numbers.
    const bytes = dtype !== real.TF_FLOAT || values.length === 1 ? copyOfBytes(values) : undefined;
    const value = segment.tensors.length;
    const recorded = follow((entry, { structure }) => {
      if (entry.kind !== 'upload' || !sameInfo(entry, { shape, dtype })) return false;
      return !structure.has(value) || sameBytes(entry.bytes, bytes);
    });
    segment.entries.push(recorded ?? { kind: 'upload', shape: [...shape], dtype, bytes });
    return addValue(segment, tensor, true);
  }

  function executeOp(
    name: string,
    attributes: OpAttribute[],
    inputs: number[],
    outputs: number,
  ): OutputInfo[] {
    if (depth > 0 && !isRecordable(name)) flush();
    if (depth === 0 || !isRecordable(name)) {
      const made = real.executeOp(name, attributes, inputs.map(tensorOf), outputs);
      for (const { id, shape, dtype } of made) table.note(id, { shape, dtype });
      return made;
    }
    const refs = inputs.map(refOf);
    const recorded = follow(
      (entry) =>
        entry.kind === 'op' &&
        entry.name === name &&
        entry.inputs.length === refs.length &&
        refs.every((ref, index) => ref === entry.inputs[index]) &&
        sameAttributes(entry.attributes, attributes),
    ) as Op | undefined;
    if (recorded !== undefined) {
      segment.entries.push(recorded);
      return recorded.outputs.map(({ shape, dtype }) => ({
        id: addValue(segment, -1, false),
        shape: [...shape],
        dtype,
      }));
    }
    const made = real.executeOp(name, attributes, inputs.map(tensorOf), outputs);
    const infos = made.map(({ shape, dtype }) => ({ shape, dtype }));
    segment.entries.push({ kind: 'op', name, attributes, inputs: refs, outputs: infos });
    return made.map((output) => ({ ...output, id: addValue(segment, output.id, false) }));
  }

  function deleteTensor(id: number): void {
    if (depth > 0 && id >= segment.base) {
      const value = id - segment.base;
      segment.isDeleted[value] = true;
      if (segment.candidates === undefined) freeOutput(value);
    } else if (depth > 0 && segment.externalRefs.has(id)) segment.deletedExternals.push(id);
    else table.free(id);
  }

  function tensorDataSync(id: number): TypedArray {
    if (depth > 0 && id >= segment.base && segment.isUpload[id - segment.base] === false) flush();
    return real.tensorDataSync(tensorOf(id));
  }

  // --- following a recording

  function follow(passes: Parameters<typeof nextEntry>[1]): ReturnType<typeof nextEntry> {
    const entry = nextEntry(segment, passes);
    if (entry === undefined) runOpByOp();
    return entry;
  }

  function refOf(id: number): Ref {
    if (id >= segment.base) return id - segment.base;
    const seen = segment.externalRefs.get(id);
    if (seen !== undefined) return seen;
    const ref = ~segment.externals.length;
    segment.externals.push(id);
    segment.externalRefs.set(id, ref);
    segment.candidates = segment.candidates?.filter(({ externals }) => {
      const external = externals[~ref];
      if (external === undefined) return false;
      if (external.fixed !== undefined && external.fixed === id) return true;
      if (!sameInfo(external, table.infoOf(id))) return false;
      return external.fixed === undefined || sameBytes(external.bytes, bytesOf(id));
    });
    return ref;
  }

  // --- running

  /** Runs the waiting operations op by op, and all that follow in this segment. */
  function runOpByOp(): void {
    if (segment.candidates === undefined) return;
    segment.candidates = undefined;
    let value = 0;
    for (const entry of segment.entries) {
      if (entry.kind === 'upload') {
        value += 1;
        continue;
      }
      const { name, attributes, inputs, outputs } = entry;
      for (const { id } of real.executeOp(name, [...attributes], inputTensors(inputs), outputs.length))
        segment.tensors[value++] = id;
    }
    segment.isDeleted.forEach((isDeleted, at) => {
      if (isDeleted) freeOutput(at);
    });
  }

  /** Frees an output. Uploads stay until the end: they are inputs of a new recording's graph. */
  function freeOutput(value: number): void {
    if (segment.isUpload[value] === true) return;
    real.deleteTensor(segment.tensors[value] ?? -1);
    segment.tensors[value] = -1;
  }

  function flush(): void {
    const { entries, candidates } = segment;
    const ops = entries.reduce((sum, { kind }) => sum + (kind === 'op' ? 1 : 0), 0);
    const complete = candidates?.find((recording) => recording.entries.length === entries.length);
    if (ops > 0 && complete?.eagerBecause === undefined) {
      if (complete === undefined || !recordings.run(complete, segment)) {
        runOpByOp();
        if (complete === undefined && ops >= FEWEST_OPS) recordings.learn(segment);
      }
    } else runOpByOp();
    endSegment();
  }

  function endSegment(): void {
    const { base, entries, tensors, isDeleted, deletedExternals } = segment;
    let value = 0;
    for (const entry of entries) {
      for (const { shape, dtype } of entry.kind === 'upload' ? [entry] : entry.outputs) {
        const tensor = tensors[value] ?? -1;
        if (isDeleted[value] === false) table.adopt(base + value, tensor, { shape, dtype });
        else if (tensor >= 0) real.deleteTensor(tensor);
        value += 1;
      }
    }
    segment = newSegment(base + tensors.length, recordings.all());
    deletedExternals.forEach(table.free);
  }

  const runSavedModel: Binding['runSavedModel'] = (session, inputs, inputNames, outputNames) => {
    if (depth > 0) flush();
    return real.runSavedModel(session, inputs.map(tensorOf), inputNames, outputNames);
  };
  const values = real as unknown as Readonly<Record<string, unknown>>;
  const others = Object.fromEntries(
    Object.getOwnPropertyNames(real).map((name) => [name, values[name]]),
  ) as unknown as Binding;

  return {
    binding: { ...others, createTensor, executeOp, deleteTensor, tensorDataSync, runSavedModel },
    begin() {
      if (depth === 0) segment = newSegment(segment.base, recordings.all());
      depth += 1;
    },
    end() {
      if (depth === 1) flush();
      depth -= 1;
    },
    get isActive() {
      return depth > 0;
    },
    use: recordings.use,
  };
}

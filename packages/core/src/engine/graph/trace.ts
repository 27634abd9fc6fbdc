import type * as tf from '@tensorflow/tfjs-core';
import type { OpAttribute } from '../kernels/tensorflow-backend.js';
import type { Binding, OutputInfo, TypedArray } from './compiled-graph.js';
import { isRecordable, sameAttributes, sameBytes, sameInfo } from './recording.js';
import type { Ref, TensorInfo } from './recording.js';

/** A call of the binding. Values are numbered in order of appearance; `~n` is the n-th outside tensor. */
export type Call =
  | (TensorInfo & { readonly kind: 'upload'; readonly values: TypedArray })
  | {
      readonly kind: 'op';
      readonly name: string;
      readonly attributes: OpAttribute[];
      readonly inputs: readonly Ref[];
      readonly outputs: number;
    }
  | { readonly kind: 'free'; readonly value: Ref };

/** An outside tensor: an input, the value of a variable, or a tensor that is the same in every step. */
export type Outside =
  { readonly input: number } | { readonly variable: tf.Variable } | { readonly id: number };

export interface Trace {
  readonly calls: readonly Call[];
  readonly outside: readonly Outside[];
  /** Number of each value that is still in use at the end, by the binding's id. */
  readonly left: ReadonlyMap<number, Ref>;
  /** Why the calls cannot be replayed in another step. */
  readonly problem: string | undefined;
}

export interface TracingBinding {
  readonly binding: Binding;
  readonly isTracing: boolean;
  /** @param known roles of outside tensors, by id */
  begin(known: ReadonlyMap<number, Outside>): void;
  end(): Trace;
  /** Replays the calls. @returns the ids of all values */
  repeat(trace: Trace, idOf: (outside: Outside) => number): number[];
  /** False once a tensor has been freed that the trace assumes to be the same in every step. */
  isWhole(trace: Trace): boolean;
}

/** Records the calls of a binding while a function runs, and can replay them. */
export function tracingBinding(real: Binding): TracingBinding {
  let open: OpenTrace | undefined;
  /** Ids of tensors that traces assume to be the same in every step, until they are freed. */
  const fixed = new Set<number>();

  const binding: Binding = {
    ...real,
    createTensor(shape, dtype, values) {
      const id = real.createTensor(shape, dtype, values);
      open?.upload(id, { shape: [...shape], dtype }, values);
      return id;
    },
    executeOp(name, attributes, inputs, outputs) {
      const made = real.executeOp(name, attributes, inputs, outputs);
      open?.op(name, attributes, inputs, made);
      return made;
    },
    deleteTensor(id) {
      open?.free(id);
      fixed.delete(id);
      real.deleteTensor(id);
    },
    tensorDataSync(id) {
      open?.fails('it reads a value');
      return real.tensorDataSync(id);
    },
    runSavedModel(...rest) {
      open?.fails('it runs a saved model');
      return real.runSavedModel(...rest);
    },
  };

  return {
    binding,
    get isTracing() {
      return open !== undefined;
    },
    begin(known) {
      open = openTrace(known);
    },
    end() {
      const trace = (open as OpenTrace).trace();
      open = undefined;
      for (const each of trace.outside) if ('id' in each) fixed.add(each.id);
      return trace;
    },
    repeat({ calls, outside }, idOf) {
      const outer = outside.map(idOf);
      const ids: number[] = [];
      const inner = (ref: Ref): number => (ref < 0 ? outer[~ref] : ids[ref]) ?? -1;
      for (const call of calls) {
        if (call.kind === 'op') {
          const made = real.executeOp(call.name, call.attributes, call.inputs.map(inner), call.outputs);
          for (const { id } of made) ids.push(id);
        } else if (call.kind === 'upload')
          ids.push(real.createTensor([...call.shape], call.dtype, call.values));
        else real.deleteTensor(inner(call.value));
      }
      return ids;
    },
    isWhole: ({ outside }) => outside.every((each) => !('id' in each) || fixed.has(each.id)),
  };
}

interface OpenTrace {
  upload(id: number, info: TensorInfo, values: TypedArray): void;
  op(name: string, attributes: OpAttribute[], inputs: readonly number[], made: readonly OutputInfo[]): void;
  free(id: number): void;
  fails(why: string): void;
  trace(): Trace;
}

function openTrace(known: ReadonlyMap<number, Outside>): OpenTrace {
  const calls: Call[] = [];
  const outside: Outside[] = [];
  const refs = new Map<number, Ref>();
  const left = new Map<number, Ref>();
  let values = 0;
  let problem: string | undefined;

  const add = (id: number): void => {
    left.set(id, values);
    refs.set(id, values);
    values += 1;
  };
  const refOf = (id: number): Ref => {
    let ref = refs.get(id);
    if (ref === undefined) {
      ref = ~outside.length;
      outside.push(known.get(id) ?? { id });
      refs.set(id, ref);
    }
    return ref;
  };
  return {
    upload(id, info, given) {
      calls.push({ kind: 'upload', ...info, values: given.slice() });
      add(id);
    },
    op(name, attributes, inputs, made) {
      if (!isRecordable(name)) problem ??= `it runs ${name}`;
      calls.push({ kind: 'op', name, attributes, inputs: inputs.map(refOf), outputs: made.length });
      for (const { id } of made) add(id);
    },
    free(id) {
      const ref = left.get(id);
      if (ref === undefined) {
        const from = known.get(id);
        if (from === undefined || !('variable' in from)) problem ??= 'it frees a tensor from outside';
        return;
      }
      calls.push({ kind: 'free', value: ref });
      left.delete(id);
    },
    fails(why) {
      problem ??= why;
    },
    trace: () => ({ calls, outside, left, problem }),
  };
}

/** Whether two traces have the same calls with the same numbers. */
export function sameCalls(a: Trace, b: Trace): boolean {
  return (
    a.calls.length === b.calls.length &&
    a.outside.length === b.outside.length &&
    a.outside.every((each, index) => sameOutside(each, b.outside[index])) &&
    a.calls.every((call, index) => sameCall(call, b.calls[index]))
  );
}

function sameOutside(a: Outside, b: Outside | undefined): boolean {
  if (b === undefined) return false;
  if ('input' in a) return 'input' in b && a.input === b.input;
  if ('variable' in a) return 'variable' in b && a.variable === b.variable;
  return 'id' in b && a.id === b.id;
}

function sameCall(a: Call, b: Call | undefined): boolean {
  if (a.kind === 'free') return b?.kind === 'free' && a.value === b.value;
  if (a.kind === 'upload') {
    const bytes = ({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array =>
      new Uint8Array(buffer, byteOffset, byteLength);
    return b?.kind === 'upload' && sameInfo(a, b) && sameBytes(bytes(a.values), bytes(b.values));
  }
  return (
    b?.kind === 'op' &&
    a.name === b.name &&
    a.outputs === b.outputs &&
    a.inputs.length === b.inputs.length &&
    a.inputs.every((ref, index) => ref === b.inputs[index]) &&
    sameAttributes(a.attributes, b.attributes)
  );
}

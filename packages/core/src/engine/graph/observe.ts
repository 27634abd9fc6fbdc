import * as tf from '@tensorflow/tfjs-core';
import type { Outside, Trace, TracingBinding } from './trace.js';

/** The result of a repeated function. */
export interface Given<R> {
  /** All tensors that it made and that outlive it. */
  readonly tensors: readonly tf.Tensor[];
  /** Other results, which must be the same in every step. */
  readonly rest: R;
}

/** How a function reports what it depends on while it runs. */
export interface Watch {
  /** Reports a read of a value that differs from step to step: the function must then run in every step. */
  readonly differs: (what: string) => void;
  /** Evaluates a number that the function uses. If it changes later, the function runs again. */
  readonly number: (of: (epoch: number) => number) => number;
}

export interface Known {
  readonly key: string;
  readonly trace: Trace;
  readonly rest: unknown;
  readonly numbers: readonly { readonly of: (epoch: number) => number; readonly value: number }[];
  /** For each result tensor: the number of its value, its shape and type. */
  readonly results: readonly { readonly value: number; readonly shape: number[]; readonly dtype: number }[];
  /** Variables that get a new value. */
  readonly assigned: readonly {
    readonly variable: tf.Variable;
    readonly value: number;
    readonly dtype: number;
  }[];
}

/** The parts of tfjs-node's backend that pass tensors to and from TensorFlow. */
interface TensorStore {
  readonly tensorMap: { get(data: object): { readonly id: number; readonly values: unknown } };
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  getDTypeInteger(type: tf.DataType): number;
  createOutputTensor(made: { id: number; shape: number[]; dtype: number }): tf.Tensor;
}

export const store = (): TensorStore => tf.backend() as unknown as TensorStore;

const registered = (): readonly tf.Variable[] =>
  Object.values(
    (tf.engine() as unknown as { registeredVariables: Record<string, tf.Variable> }).registeredVariables,
  );

/** The role of every outside tensor, by id; undefined if one tensor has two roles. */
function rolesOf(
  inputs: readonly tf.Tensor[],
  variables: readonly tf.Variable[],
): ReadonlyMap<number, Outside> | undefined {
  const { tensorMap } = store();
  const roles = new Map<number, Outside>();
  for (const variable of variables) {
    const { id, values } = tensorMap.get(variable.dataId);
    if (values != null) continue;
    if (roles.has(id)) return undefined;
    roles.set(id, { variable });
  }
  const ids = store().getInputTensorIds(inputs);
  for (const [input, id] of ids.entries()) {
    const role = roles.get(id);
    if (role !== undefined && !('variable' in role && role.variable === inputs[input])) return undefined;
    roles.set(id, { input });
  }
  return roles;
}

/**
 * Runs a function and traces its operations. @returns its result, and the trace or the reason why there is none
 */
export function observe<R>(
  tracing: TracingBinding,
  inputs: readonly tf.Tensor[],
  compute: (watch: Watch) => Given<R>,
  { key, epoch }: { readonly key: string; readonly epoch: number },
): { readonly given: Given<R>; readonly result: Known | string } {
  const before = registered().map((variable) => [variable, variable.dataId] as const);
  const roles = rolesOf(
    inputs,
    before.map(([variable]) => variable),
  );
  const numbers: { of: (epoch: number) => number; value: number }[] = [];
  const differing: string[] = [];
  tracing.begin(roles ?? new Map());
  let given: Given<R>;
  let ids: number[];
  try {
    given = compute({
      differs: (what) => void differing.push(what),
      number(of) {
        const value = of(epoch);
        numbers.push({ of, value });
        return value;
      },
    });
    ids = store().getInputTensorIds(given.tensors);
  } catch (error) {
    tracing.end();
    throw error;
  }
  const trace = tracing.end();
  const { tensorMap } = store();
  const { left } = trace;
  const dtypeOf = (tensor: tf.Tensor): number => store().getDTypeInteger(tensor.dtype);
  const assigned = before.flatMap(([variable, data]) =>
    variable.isDisposed || variable.dataId === data
      ? []
      : [{ variable, value: left.get(tensorMap.get(variable.dataId).id) ?? -1, dtype: dtypeOf(variable) }],
  );
  const results = given.tensors.map((tensor, index) => ({
    value: left.get(ids[index] ?? -1) ?? -1,
    shape: [...tensor.shape],
    dtype: dtypeOf(tensor),
  }));
  const made = [...results, ...assigned].map(({ value }) => value);
  const fault = (): string | undefined => {
    if (differing.length > 0) return `it looks at ${[...new Set(differing)].join(', ')}`;
    if (trace.problem !== undefined) return trace.problem;
    if (roles === undefined) return 'two of the tensors that it reads share their memory';
    if (registered().length !== before.length) return 'it makes or frees variables';
    if (made.includes(-1) || new Set(made).size < made.length) return 'it gives a tensor that is not its own';
    if (left.size > made.length) return 'it keeps a tensor';
    return undefined;
  };
  return { given, result: fault() ?? { key, trace, rest: given.rest, numbers, results, assigned } };
}

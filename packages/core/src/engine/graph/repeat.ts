import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../../error/index.js';
import { observe, store } from './observe.js';
import type { Given, Known, Watch } from './observe.js';
import type { TracingBinding } from './trace.js';
import { sameCalls } from './trace.js';

/**
 * Environment variable: with `0`, the JavaScript of every step runs; with `check`, it runs too, and its
 * operations are compared with those that would have been replayed.
 */
export const REPEAT_VARIABLE = 'DISTILLJS_REPEAT';

/** A part of a step that issues the same operations in every step. */
export interface Repeater {
  /**
   * The result of `compute`. After two calls in a row with the same operations and numbers, later calls replay
   * the operations without running `compute`.
   *
   * @param inputs tensors that may differ between calls; `compute` may otherwise read only variables and
   *   permanent tensors
   */
  run<R>(inputs: readonly tf.Tensor[], compute: (watch: Watch) => Given<R>, when?: When): Given<R>;
}

/** The circumstances of a call. */
export interface When {
  /** Anything else that determines the operations. */
  readonly key?: string;
  /** Fractional epoch, passed to {@link Watch.number}. */
  readonly epoch?: number;
  /** Run `compute` in any case, and compare its operations. */
  readonly anew?: boolean;
}

/** How often functions were replayed, and why not. */
export interface Repetition {
  repeated: number;
  /** Reasons why JavaScript ran in every step. */
  readonly issued: Set<string>;
}

/** Attempts without two equal ones in a row, after which steps are no longer traced until the next `anew`. */
const MOST_ATTEMPTS = 6;

/**
 * @param access returns the active binding; undefined if operations do not run as a graph
 * @param unfit why nothing may be replayed; undefined if it may
 */
export function repeater(
  access: () =>
    { readonly tracing: TracingBinding; readonly use: Repetition; readonly isChecking: boolean } | undefined,
  unfit?: string,
): Repeater {
  let known: Known | undefined;
  let isProven = false;
  let attempts = 0;

  return {
    run(inputs, compute, { key: own = '', epoch = 0, anew = false } = {}) {
      const found = access();
      const plain: Watch = { differs: () => undefined, number: (of) => of(epoch) };
      if (found === undefined || found.tracing.isTracing) return compute(plain);
      const { tracing, use, isChecking } = found;
      const key = `${own} ${inputs.map(({ shape, dtype }) => `${dtype}${shape.join('x')}`).join()}`;
      if (unfit !== undefined) {
        use.issued.add(unfit);
        return compute(plain);
      }
      if (anew) attempts = 0;
      else if (known?.key === key && isProven && isCurrent(known, tracing, epoch)) {
        use.repeated += 1;
        if (isChecking) return checked(tracing, known, inputs, compute, { key, epoch });
        return repeat(tracing, known, inputs) as ReturnType<typeof compute>;
      } else if (attempts >= MOST_ATTEMPTS) return compute(plain);
      attempts += 1;
      const { given, result } = observe(tracing, inputs, compute, { key, epoch });
      if (typeof result === 'string') {
        // The first call may have one-time preparations, so its reason does not count.
        if (attempts > 1) use.issued.add(result);
        known = undefined;
        isProven = false;
        return given;
      }
      const isSame = known?.key === key && sameCalls(known.trace, result.trace);
      isProven = isSame;
      if (isSame) attempts = 0;
      else if (attempts === MOST_ATTEMPTS) use.issued.add('numbers or operations differ from step to step');
      known = result;
      return given;
    },
  };
}

const isCurrent = ({ trace, numbers }: Known, tracing: TracingBinding, epoch: number): boolean =>
  tracing.isWhole(trace) &&
  trace.outside.every((each) => !('variable' in each && each.variable.isDisposed)) &&
  numbers.every(({ of, value }) => Object.is(of(epoch), value));

/** Runs the function instead of a replay, and expects the same operations as the replay. */
function checked<R>(
  tracing: TracingBinding,
  known: Known,
  inputs: readonly tf.Tensor[],
  compute: (watch: Watch) => Given<R>,
  at: { readonly key: string; readonly epoch: number },
): Given<R> {
  const { given, result } = observe(tracing, inputs, compute, at);
  const isSame = typeof result !== 'string' && sameCalls(known.trace, result.trace);
  const isSameRest = typeof result !== 'string' && JSON.stringify(known.rest) === JSON.stringify(result.rest);
  if (isSame && isSameRest) return given;
  throw new DistillError({
    code: 'contract',
    where: `${REPEAT_VARIABLE}=check`,
    expected: 'a step that asks for the same operations, with the same numbers, as the steps before it',
    got: typeof result === 'string' ? result : 'other operations or numbers',
    hint: 'Leave `repeatable` out of the method.',
  });
}

function repeat(
  tracing: TracingBinding,
  { trace, rest, results, assigned }: Known,
  inputs: readonly tf.Tensor[],
): Given<unknown> {
  const backend = store();
  const ids = backend.getInputTensorIds(inputs);
  const made = tracing.repeat(trace, (outside) => {
    if ('input' in outside) return ids[outside.input] ?? -1;
    return 'id' in outside ? outside.id : (backend.getInputTensorIds([outside.variable])[0] ?? -1);
  });
  const tensorOf = (value: number, shape: number[], dtype: number): tf.Tensor =>
    backend.createOutputTensor({ id: made[value] ?? -1, shape: [...shape], dtype });
  tf.tidy(() => {
    for (const { variable, value, dtype } of assigned)
      variable.assign(tensorOf(value, variable.shape, dtype));
  });
  return { rest, tensors: results.map(({ value, shape, dtype }) => tensorOf(value, shape, dtype)) };
}

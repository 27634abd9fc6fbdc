import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '../tensor/index.js';

/** Private parts of tfjs's engine (4.x), on which only this file depends. */
interface TapeEngine {
  readonly state: {
    gradientDepth: number;
    kernelDepth: number;
    activeTape: { readonly kernelName: string; inputs: object; readonly saved?: readonly Tensor[] }[] | null;
  };
  startTape(): void;
  endTape(): void;
}

/** Operations with a gradient of 0 everywhere. For comparisons other than `greaterEqual`, tfjs throws instead. */
const STEPS =
  /^(Arg(Max|Min)|Ceil|Floor|Round|Sign|Step|OneHot|(Not)?Equal|(Greater|Less)(Equal)?|Logical(And|Or|Not)|Is(Finite|Inf|Nan)|(Ones|Zeros)Like)$/;

const tapeEngine = (): TapeEngine => tf.engine() as unknown as TapeEngine;

/**
 * Runs `compute` without recording gradients: whatever it returns is a constant for every gradient.
 *
 * tfjs records an operation only at kernel depth 0, so the depth is raised during the call.
 */
export function withoutTape<T>(compute: () => T): T {
  const { state } = tapeEngine();
  state.kernelDepth += 1;
  try {
    return compute();
  } finally {
    state.kernelDepth -= 1;
  }
}

/** A tensor with the values of `x` that is a constant for gradients; tfjs itself has no `stopGradient`. */
export function stopGradient<T extends Tensor>(x: T): T {
  return withoutTape(() => tf.clone(x));
}

/**
 * One backward pass: d y() / d x for each x in `xs`; `undefined` for an x that y does not depend on, or only through
 * operations such as argMax, round and comparisons, whose gradient is 0 everywhere.
 */
export type GradientOf = (y: () => Scalar, xs: readonly Tensor[]) => (Tensor | undefined)[];

/**
 * Runs `forward` once on one tape and lets `use` take any number of gradients of it. Each costs one backward
 * pass, whereas `tf.variableGrads` runs a forward pass per gradient; the values are equal. Nothing that `use`
 * computes is recorded, except inside the `y` of a gradient.
 *
 * Call it inside `tf.tidy`; it cannot be nested in another gradient.
 */
export function onOneTape<F, R>(forward: () => F, use: (value: F, gradientOf: GradientOf) => R): R {
  const engine = tapeEngine();
  engine.startTape();
  try {
    const value = forward();
    // Zeros would look like a gradient, and what they leave untrained would be told nobody.
    for (const node of engine.state.activeTape ?? []) if (STEPS.test(node.kernelName)) node.inputs = {};
    // The tape stays open (depth 1) between gradients, so that tfjs does not discard it after the first;
    // withoutTape around `use` keeps the operations of each backward pass off it.
    const gradientOf: GradientOf = (y, xs) =>
      tf.engine().gradients<Tensor>(() => onTape(y), [...xs], undefined, true).grads;
    return withoutTape(() => use(value, gradientOf));
  } finally {
    engine.endTape();
    if (engine.state.gradientDepth === 0) {
      for (const node of engine.state.activeTape ?? [])
        for (const tensor of node.saved ?? []) tensor.dispose();
      engine.state.activeTape = null;
    }
  }
}

/** Undoes {@link withoutTape} during the call. */
function onTape<T>(compute: () => T): T {
  const { state } = tapeEngine();
  const depth = state.kernelDepth;
  state.kernelDepth = 0;
  try {
    return compute();
  } finally {
    state.kernelDepth = depth;
  }
}

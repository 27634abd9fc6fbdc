import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '../tensor/index.js';

/** The parts of tfjs's engine that its types call private and that this file, and no other, depends on (4.x). */
interface TapeEngine {
  readonly state: {
    gradientDepth: number;
    kernelDepth: number;
    activeTape: { readonly saved?: readonly Tensor[] }[] | null;
  };
  startTape(): void;
  endTape(): void;
}

const tapeEngine = (): TapeEngine => tf.engine() as unknown as TapeEngine;

/**
 * Runs `compute` without recording it: whatever it returns is a constant for every gradient. tfjs has no
 * `stopGradient`; this is it.
 *
 * tfjs records an operation only at kernel depth 0, so the depth is raised for the time of the call.
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

/** The same values as `x`, as a constant: no gradient passes. */
export function stopGradient<T extends Tensor>(x: T): T {
  return withoutTape(() => tf.clone(x));
}

/** One backward pass: d y() / d x for each x, `undefined` for an x that y does not depend on. */
export type GradientOf = (y: () => Scalar, xs: readonly Tensor[]) => (Tensor | undefined)[];

/**
 * Runs `forward` once on one tape and lets `use` take as many gradients of it as it wants, each by one backward pass
 * and without another forward pass. `tf.variableGrads` pays a forward per gradient. Values are equal to those of
 * separate passes. Nothing that `use` computes is recorded, except inside the `y` of a gradient.
 *
 * Call it inside `tf.tidy`; it cannot be nested in another gradient.
 */
export function onOneTape<F, R>(forward: () => F, use: (value: F, gradientOf: GradientOf) => R): R {
  const engine = tapeEngine();
  engine.startTape();
  try {
    const value = forward();
    // The tape stays open (depth 1) between gradients, so that tfjs does not throw it away after the first; the guard
    // around `use` keeps the operations of each backward pass off it.
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

/** Undoes {@link withoutTape} for the time of the call. */
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

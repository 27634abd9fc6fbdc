import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import type { GradientPolicy } from '../method/contract.js';
import {
  checkOptions,
  eitherOf,
  expectOption,
  nonNegative,
  objectWith,
  optional,
  positive,
  text,
} from '../option/index.js';
import type { OptionCheck } from '../option/index.js';
import type { NamedTensors } from '../tensor/index.js';

/** The gradient of the weighted sum of all terms, in one backward pass: the default of an update. */
export function sumOfTerms(): GradientPolicy {
  return { name: 'sum', combine: (backward) => backward.gradient() };
}

const aPolicy: OptionCheck = (value) =>
  objectWith('name', 'combine')(value) === undefined &&
  typeof (value as GradientPolicy).combine === 'function'
    ? undefined
    : 'a policy, such as sumOfTerms()';

/**
 * Scales the whole gradient so that its global norm is at most `maximum`:
 * `g · min(1, maximum / max(‖g‖₂, 1e-6))`, one norm over all variables of the update.
 *
 * @param maximum largest norm, above 0
 * @param inner policy that makes the gradient to clip; default {@link sumOfTerms}
 * @throws DistillError code `option` for a maximum that is not above 0, or an `inner` that is no policy
 */
export function clipByGlobalNorm(maximum: number, inner: GradientPolicy = sumOfTerms()): GradientPolicy {
  checkOptions('clipByGlobalNorm', { maximum }, { maximum }, { maximum: positive });
  expectOption('clipByGlobalNorm(inner)', inner, aPolicy);
  return {
    name: `global norm <= ${maximum} of ${inner.name}`,
    combine(backward) {
      const gradients = inner.combine(backward);
      const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
      if (squares.length === 0) return gradients;
      const norm = tf.sqrt(tf.addN(squares));
      const scale = tf.minimum(tf.div(maximum, tf.maximum(norm, 1e-6)), 1);
      return Object.fromEntries(
        Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, scale)]),
      );
    },
  };
}

export interface ClipToTermOptions {
  /** Name of the term whose gradient is clipped. */
  readonly clip: string;
  /** Name of the term whose gradient sets the limit. Default: all other terms together, which saves a backward pass. */
  readonly reference?: string | undefined;
  /** Multiplies the limit; a function of the fractional epoch. Default 1. */
  readonly factor?: number | ((epoch: number) => number) | undefined;
  /**
   * Largest norm of the clipped gradient of a variable on which the reference term does not depend, such as a
   * projection beside the network. Default 0: the clipped term does not train it.
   */
  readonly unreached?: number | undefined;
}

/**
 * Adds one term's gradient to the others', clipped per variable to the size of a reference gradient:
 * `g = g_rest + g_clip · min(1, f ‖g_ref‖₂ / ‖g_clip‖₂)`, norms per variable. `g_rest` is the gradient of all terms but
 * the clipped one; all gradients include the terms' weights. A clipped gradient of 0 stays 0.
 *
 * @throws DistillError code `option` for wrong options, or if both terms are the same. In a step, code
 *   `contract` if the update lacks a term, `option` for a factor that is no number of at least 0
 * @see Lee and Song, Graph-based Knowledge Distillation by Multi-head Attention Network, BMVC 2019 (factor: sigmoid(epoch))
 */
export function clipToTerm(given: ClipToTermOptions): GradientPolicy {
  const { clip, reference, factor, unreached } = checkOptions<ClipToTermOptions>(
    'clipToTerm',
    given,
    { clip: '', factor: 1, unreached: 0 },
    {
      clip: text,
      reference: optional(text),
      factor: eitherOf(nonNegative, aFunction),
      unreached: nonNegative,
    },
  );
  if (clip === reference) {
    throw new DistillError({
      code: 'option',
      where: 'clipToTerm.reference',
      expected: 'another term than the clipped one',
      got: `'${reference}'`,
    });
  }
  return {
    name: `clip ${clip} to ${reference ?? 'the rest'}`,
    combine(backward) {
      for (const name of [clip, reference]) {
        if (name === undefined || backward.terms.includes(name)) continue;
        throw new DistillError({
          code: 'contract',
          where: `clipToTerm('${name}')`,
          expected: `one of the terms ${backward.terms.join(', ')}`,
          got: `'${name}'`,
        });
      }
      const scale =
        typeof factor !== 'function'
          ? (factor ?? 1)
          : backward.numberAt((epoch) => {
              const value = factor(epoch);
              expectOption(`clipToTerm.factor(${epoch})`, value, nonNegative);
              return value;
            });
      const rest = backward.gradient(backward.terms.filter((term) => term !== clip));
      const isRest = reference === undefined || backward.terms.length === 2;
      const limit = isRest ? rest : backward.gradient([reference]);
      const clipped = backward.gradient([clip]);
      const combined: Record<string, tf.Tensor> = { ...rest };
      for (const [name, gradient] of Object.entries(clipTo(clipped, limit, scale, unreached ?? 0))) {
        const other = rest[name];
        combined[name] = other === undefined ? gradient : tf.add(other, gradient);
      }
      return combined satisfies NamedTensors;
    },
  };
}

const aFunction: OptionCheck = (value) =>
  typeof value === 'function' ? undefined : 'a function of the epoch';

/** Computes all ratios in one tensor: each further variable then costs only six operations. */
function clipTo(
  gradients: NamedTensors,
  reference: NamedTensors,
  factor: number,
  unreached: number,
): NamedTensors {
  const names = Object.keys(gradients);
  if (names.length === 0) return gradients;
  const norms = (of: NamedTensors): tf.Tensor1D =>
    tf.sqrt(
      tf.stack(
        names.map((name) => {
          const gradient = of[name];
          return gradient === undefined ? tf.scalar(0) : tf.sum(tf.square(gradient));
        }),
      ) as tf.Tensor1D,
    );
  const fixed = tf.tensor1d(names.map((name) => (reference[name] === undefined ? unreached : 0)));
  const limits = tf.add(tf.mul(norms(reference), factor), fixed);
  const ratios = tf.minimum(tf.div(limits, tf.maximum(norms(gradients), 1e-30)), 1);
  const ratioOf = tf.unstack(ratios);
  return Object.fromEntries(
    names.map((name, at) => [name, tf.mul(gradients[name] as tf.Tensor, ratioOf[at] as tf.Tensor)]),
  );
}

import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '@distilljs/core';
import type { Network, Phase, Scalar, Term, Update } from '@distilljs/core';
import { vamLayers } from '../convolution/index.js';
import type { VamConv2D } from '../convolution/index.js';
import { attentionOptimizer } from './attention-optimizer.js';

/**
 * Mean over layers of the mean over child blocks of the entropy of attention: `H̄`, in nats, at most `ln N`.
 *
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: the entropy term is told by a secondary source; how it is averaged is proposed.
 */
export function meanEntropy(layers: readonly VamConv2D[]): Scalar {
  const sums = layers.map((layer) => tf.mean<Scalar>(layer.entropy()));
  return tf.div<Scalar>(tf.addN(sums), sums.length);
}

/** Attending layers per student; students without any are allowed as long as one has some. */
export function attendingLayers(students: readonly Network[]): readonly (readonly VamConv2D[])[] {
  const layers = students.map(({ model }) => vamLayers(model).map(({ layer }) => layer));
  if (layers.some((found) => found.length > 0)) return layers;
  throw new DistillError({
    code: 'network',
    where: `vam, student '${students[0]?.name ?? ''}'`,
    expected: 'a student with attention',
    got: 'plain convolutions',
    hint: 'Convert its model first: createNetwork(withVam(model)).',
  });
}

/** The phase with the entropy term in every update that moves a student's attention first, and its optimizer made fit for it. */
export function withEntropy(phase: Phase, students: readonly (readonly VamConv2D[])[], gamma: number): Phase {
  const claimed = new Set<VamConv2D>();
  const updates = phase.updates.map((update): Update => {
    const moved = new Set(Object.values(update.variables));
    const reached = students.flat().filter((layer) => moved.has(layer.theta));
    if (reached.length === 0) return update;
    const own = reached.filter((layer) => !claimed.has(layer));
    own.forEach((layer) => claimed.add(layer));
    const optimizer = attentionOptimizer(update.optimizer);
    if (own.length === 0) return { ...update, optimizer };
    return {
      ...update,
      optimizer,
      terms: (step) => {
        const term: Term = { value: meanEntropy(own), weight: gamma };
        return { ...update.terms(step), attentionEntropy: term };
      },
    };
  });
  return { ...phase, updates };
}

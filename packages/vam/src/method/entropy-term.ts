import * as tf from '@tensorflow/tfjs-core';
import { DistillError, expectOption, listOf, objectWith } from '@distilljs/core';
import type { Network, Phase, Scalar, Term, Update } from '@distilljs/core';
import { vamLayers } from '../convolution/index.js';
import type { VamConv2D } from '../convolution/index.js';
import { attentionOptimizer } from './attention-optimizer.js';

const TERM = 'attentionEntropy';

/**
 * Entropy of attention `H̄`, mean over child blocks and then over layers, in nats: at most `ln N` for N parents.
 *
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: the entropy term comes from a secondary source; its averaging is
 *   our proposal.
 * @throws DistillError code `network` without layers, `option` for a value that is not a list of them
 */
export function meanEntropy(layers: readonly VamConv2D[]): Scalar {
  expectOption('meanEntropy(layers)', layers, listOf(objectWith('entropy', 'theta')));
  if (layers.length === 0) throw noAttention('meanEntropy', 'no layers');
  const sums = layers.map((layer) => tf.mean<Scalar>(layer.entropy()));
  return tf.div<Scalar>(tf.addN(sums), sums.length);
}

/** Attending layers per student; students without any are allowed as long as one has some. */
export function attendingLayers(students: readonly Network[]): readonly (readonly VamConv2D[])[] {
  const layers = students.map(({ model }) => vamLayers(model).map(({ layer }) => layer));
  if (layers.some((found) => found.length > 0)) return layers;
  throw noAttention(`vam, student '${students[0]?.name ?? ''}'`, 'plain convolutions');
}

const noAttention = (where: string, got: string): DistillError =>
  new DistillError({
    code: 'network',
    where,
    expected: 'a student with attention',
    got,
    hint: 'Convert its model first: createNetwork(withVam(model)).',
  });

/**
 * Refuses networks created from models with folded masks: they hold the folded kernels, not the attention's weights.
 *
 * If such a network's layers were unfolded, they would use weights that none of its updates trains.
 */
export function expectUnfolded(
  students: readonly Network[],
  layers: readonly (readonly VamConv2D[])[],
): void {
  students.forEach(({ name, variables, statistics }, index) => {
    const held = new Set([...Object.values(variables), ...Object.values(statistics)]);
    const lost = layers[index]?.find(({ theta }) => !held.has(theta));
    if (lost === undefined) return;
    throw new DistillError({
      code: 'network',
      where: `vam, student '${name}', layer '${lost.name}'`,
      expected: 'a network that holds the attention of its layers',
      got: 'one that was made after their masks were folded',
      hint: 'Call unfoldVam(model) before createNetwork(model), or pass the network that was trained.',
    });
  });
}

/** Weight of the entropy of attention, and the method whose terms it joins. */
interface EntropyOptions {
  /** γ. */
  readonly gamma: number;
  readonly owner: string;
}

/**
 * The phase with the entropy term added. A layer's entropy joins the first update that trains its Θ. An update that trains
 * several students gets the mean over them, with γ times their number as weight: γ for each. Every update that trains
 * attention gets {@link attentionOptimizer}.
 */
export function withEntropy(
  phase: Phase,
  students: readonly (readonly VamConv2D[])[],
  { gamma, owner }: EntropyOptions,
): Phase {
  const claimed = new Set<VamConv2D>();
  const updates = phase.updates.map((update): Update => {
    const moved = new Set(Object.values(update.variables));
    const reached = students.flat().filter((layer) => moved.has(layer.theta));
    if (reached.length === 0) return update;
    const own = reached.filter((layer) => !claimed.has(layer));
    own.forEach((layer) => claimed.add(layer));
    const byStudent = students
      .map((layers) => layers.filter((layer) => own.includes(layer)))
      .filter(({ length }) => length > 0);
    const optimizer = attentionOptimizer(update.optimizer);
    if (own.length === 0) return { ...update, optimizer };
    return {
      ...update,
      optimizer,
      terms: (step) => {
        const terms = update.terms(step);
        if (TERM in terms) throw clash(owner);
        const means = byStudent.map(meanEntropy);
        const value = tf.div<Scalar>(tf.addN(means), means.length);
        const entropy: Term = { value, weight: gamma * means.length };
        return { ...terms, [TERM]: entropy };
      },
    };
  });
  return { ...phase, updates };
}

const clash = (owner: string): DistillError =>
  new DistillError({
    code: 'contract',
    where: `vam.with, method '${owner}'`,
    expected: `terms other than '${TERM}', which vam adds`,
    got: 'one with that name',
    hint: 'Train with one of the two: a term of the same name would lose the other.',
  });

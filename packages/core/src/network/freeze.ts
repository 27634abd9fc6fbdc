import * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { expectShape } from '../tensor/index.js';
import type { Logits } from '../tensor/index.js';
import { compileLayer } from './apply-layer.js';
import type { FrozenNetwork, Network } from './contract.js';
import { fingerprintOf } from './fingerprint.js';
import { applyFold, findFolds, foldWeights } from './fold.js';
import type { FoldedWeights } from './fold.js';
import { readGraph } from './graph.js';
import type { Graph } from './graph.js';
import { networkOutput } from './output.js';

/** One step of the frozen forward pass. */
interface FrozenStep {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly run: (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
}

/**
 * The inference form of a network: each batch norm and ReLU folded into the convolution or dense layer before it
 * (equal to the unfolded network within 1e-4 of the logits), and nothing recorded for gradients.
 *
 * Weights are folded when a set of taps is first asked for, and unfolded layers use the model as it is: the model must
 * neither learn nor be disposed while its frozen form is in use.
 */
export function freeze(network: Network): FrozenNetwork {
  const graph = readGraph(network.model);
  const plans = new Map<string, { steps: readonly FrozenStep[]; weights: readonly FoldedWeights[] }>();

  // Which layers can be folded depends on which values a tap must see; each set of taps has its own plan.
  const planFor = (tapped: readonly number[]): readonly FrozenStep[] => {
    const key = [...new Set(tapped)].sort((a, b) => a - b).join(',');
    const known = plans.get(key);
    if (known !== undefined) return known.steps;
    const plan = buildPlan(graph, new Set(tapped));
    plans.set(key, plan);
    return plan.steps;
  };
  const disposePlans = (): void => {
    for (const { weights } of plans.values())
      weights.forEach((folded) => {
        tf.dispose([folded.kernel, folded.bias]);
      });
    plans.clear();
  };

  const { name, inputShape, classes, tapNames, tapShape, tapOutput, parameters, macs } = network;
  return {
    name,
    inputShape,
    classes,
    tapNames,
    tapShape,
    tapOutput,
    parameters,
    macs,
    fingerprint: () => fingerprintOf(network, graph),
    forward(images, taps = []) {
      expectShape(
        `network '${name}', images`,
        images,
        [null, ...inputShape].map((axis) => (axis === -1 ? null : axis)),
      );
      const tapped = taps.map(network.tapOutput);
      const steps = withoutTape(() => planFor(tapped));
      const [logits, ...values] = withoutTape(() =>
        tf.tidy(() => {
          const value: tf.Tensor[] = [];
          value[graph.input] = images;
          for (const step of steps) {
            const result = step.run(step.inputs.map((input) => value[input] as tf.Tensor));
            const results = Array.isArray(result) ? result : [result];
            step.outputs.forEach((output, position) => (value[output] = results[position] as tf.Tensor));
          }
          return [value[graph.output] as tf.Tensor, ...tapped.map((index) => value[index] as tf.Tensor)];
        }),
      );
      const byName = new Map(taps.map((tap, position) => [tap, values[position] as tf.Tensor]));
      return networkOutput(name, logits as Logits, byName);
    },
    dispose: disposePlans,
  };
}

function buildPlan(
  graph: Graph,
  keep: ReadonlySet<number>,
): { steps: FrozenStep[]; weights: FoldedWeights[] } {
  const folds = findFolds(graph, keep);
  const startOf = new Map(folds.map((fold) => [fold.linear, fold]));
  const swallowed = new Set(folds.flatMap((fold) => [fold.batchNorm, fold.relu]));
  const weights: FoldedWeights[] = [];
  const steps = graph.nodes.flatMap((node): FrozenStep[] => {
    if (swallowed.has(node)) return [];
    const fold = startOf.get(node);
    if (fold === undefined) {
      const apply = compileLayer(node);
      const pass = { training: false, random: undefined, statistics: [] };
      return [{ inputs: node.inputs, outputs: node.outputs, run: (inputs) => apply(inputs, pass) }];
    }
    // Kept, so that a plan made in the middle of a step outlives that step's tidy.
    const { kernel, bias } = foldWeights(fold);
    const folded = { kernel: tf.keep(kernel), bias: tf.keep(bias) };
    weights.push(folded);
    const last = fold.relu ?? fold.batchNorm ?? fold.linear;
    return [
      { inputs: node.inputs, outputs: last.outputs, run: ([x]) => applyFold(fold, folded, x as tf.Tensor) },
    ];
  });
  return { steps, weights };
}

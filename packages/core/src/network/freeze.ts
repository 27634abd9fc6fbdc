import * as tf from '@tensorflow/tfjs-core';
import { holdInGraphs } from '../engine/graph/index.js';
import { withoutTape } from '../engine/tape.js';
import { describeValue, DistillError, isPromise } from '../error/index.js';
import { savedNormalization } from '../model-file/metadata.js';
import { expectShape } from '../tensor/index.js';
import type { Logits } from '../tensor/index.js';
import { compileLayer } from './apply-layer.js';
import type { FrozenNetwork, Network } from './contract.js';
import { fingerprintOf } from './fingerprint.js';
import { applyFold, findFolds, foldWeights } from './fold.js';
import type { FoldedWeights } from './fold.js';
import { runSteps } from './forward-pass.js';
import type { ForwardStep } from './forward-pass.js';
import { expectedNormalization } from './expected-normalization.js';
import { readGraph } from './graph.js';
import type { Graph, GraphNode } from './graph.js';
import { endsLinear, logProbabilities, withoutSoftmax } from './logits.js';
import { markAs } from './plain.js';
import { networkOutput } from './taps.js';
import { countWeights } from './weights.js';

/** Checks the argument of {@link freeze}: untyped callers may pass anything. */
function expectNetwork(given: unknown): void {
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && 'model' in given && 'forward' in given) return;
  throw new DistillError({
    code: 'option',
    where: 'freeze',
    expected: 'a network',
    got: describeValue(given),
    hint: isPromise(given)
      ? 'Write `await` before it.'
      : 'Make one of a model: `freeze(createNetwork(model))`.',
  });
}

/**
 * The inference form of a network, without gradients: each batch norm and ReLU is folded into the convolution
 * or dense layer before it where possible. The logits equal those of the unfolded network within 1e-4.
 *
 * Weights are folded when a set of taps is first requested, and unfolded layers use the model's own weights.
 * The model must therefore neither be trained nor disposed while its frozen form is in use.
 * @throws DistillError code `option` for anything but a network
 */
export function freeze(network: Network): FrozenNetwork {
  expectNetwork(network);
  const { name, inputShape, classes, tapNames, tapShape, tapOutput, nodes, macs, logitsFrom } = network;
  const { classNames } = network;
  const graph = withoutSoftmax(readGraph(network.model), logitsFrom);
  const normalization = savedNormalization(network.model) ?? expectedNormalization(graph, inputShape);
  const plans = new Map<string, { steps: readonly ForwardStep[]; weights: readonly FoldedWeights[] }>();

  // Layers can only be folded if no tap needs the values between them; each set of taps has its own plan.
  const planFor = (tapped: readonly number[]): readonly ForwardStep[] => {
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

  const frozen: FrozenNetwork = {
    name,
    inputShape,
    classes,
    tapNames,
    tapShape,
    tapOutput,
    nodes,
    ...(classNames !== undefined && { classNames }),
    ...(normalization !== undefined && { normalization }),
    parameters: countWeights({ ...network.variables, ...network.statistics }),
    macs,
    givesLogits: logitsFrom === 'softmax' || endsLinear(graph),
    logitsFrom,
    weights: { ...network.variables, ...network.statistics },
    fingerprint: () => fingerprintOf(network, graph),
    forward(images, taps = []) {
      expectShape(`network '${name}', images`, images, [null, ...inputShape]);
      const tapped = taps.map(network.tapOutput);
      const steps = withoutTape(() => planFor(tapped));
      const [logits, ...values] = withoutTape(() =>
        tf.tidy(() => {
          const pass = { network: name, training: false, random: undefined, statistics: [] };
          const value = runSteps(graph, steps, images, pass, undefined, new Set([graph.output, ...tapped]));
          const output = value[graph.output] as tf.Tensor;
          return [
            logitsFrom === 'softmax' ? logProbabilities(output) : output,
            ...tapped.map((index) => value[index] as tf.Tensor),
          ];
        }),
      );
      return networkOutput(name, logits as Logits, taps, values);
    },
    dispose: disposePlans,
  };
  return markAs(frozen, network);
}

function buildPlan(
  graph: Graph,
  keep: ReadonlySet<number>,
): { steps: ForwardStep[]; weights: FoldedWeights[] } {
  const folds = findFolds(graph, keep);
  const startOf = new Map(folds.map((fold) => [fold.linear, fold]));
  const swallowed = new Set(folds.flatMap((fold) => [fold.batchNorm, fold.relu]));
  const weights: FoldedWeights[] = [];
  const steps = graph.nodes.flatMap((node): ForwardStep[] => {
    if (swallowed.has(node)) return [];
    const fold = startOf.get(node);
    if (fold === undefined) {
      return [{ nodes: [node], run: compileLayer(node) }];
    }
    // Keep them: a plan made within a step must outlive that step's tidy.
    const { kernel, bias } = foldWeights(fold);
    const folded = { kernel: tf.keep(kernel), bias: tf.keep(bias) };
    weights.push(folded);
    holdInGraphs([folded.kernel, folded.bias]);
    const rest = [fold.batchNorm, fold.relu].filter((next) => next !== undefined);
    const nodes: [GraphNode, ...GraphNode[]] = [fold.linear, ...rest];
    return [{ nodes, run: ([x]) => applyFold(fold, folded, x as tf.Tensor) }];
  });
  return { steps, weights };
}

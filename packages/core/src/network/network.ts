import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { withoutTape } from '../engine/tape.js';
import { modelMetadata } from '../model-file/metadata.js';
import { saveModel } from '../model-file/save-model.js';
import { expectKnown, expectOption, optional, text } from '../option/index.js';
import { expectShape } from '../tensor/index.js';
import type { Logits } from '../tensor/index.js';
import { compileGraph } from './apply-layer.js';
import { moveStatistics } from './batch-statistics.js';
import type { LogitsSource, Network } from './contract.js';
import { noNetwork } from './expect-network.js';
import { expectReadable } from './expect-readable.js';
import { expectTrainable } from './expect-trainable.js';
import { runSteps } from './forward-pass.js';
import type { Pass } from './forward-pass.js';
import { networkNodes, readGraph } from './graph.js';
import { expectSource, logProbabilities, withoutSoftmax } from './logits.js';
import { countMacs } from './macs.js';

import { markPlain } from './plain.js';
import { networkOutput, readTaps } from './taps.js';
import { countWeights, namedWeights } from './weights.js';

export interface NetworkOptions {
  /** Name of the network. Default: the model's name. */
  readonly name?: string | undefined;
  /**
   * Additional tap names for layers, so that a method's default taps exist, e.g. `{ embedding: 'flatten_1' }`.
   */
  readonly taps?: Readonly<Record<string, string>> | undefined;
  /**
   * Meaning of the model's output. Default `output`: logits; a softmax at the end, as a layer or an activation,
   * is removed, also from the tap of that layer. `softmax`: probabilities from any other source, whose
   * logarithm is taken. Only a teacher may end in a softmax.
   */
  readonly logitsFrom?: LogitsSource | undefined;
}

/**
 * Prepares a `LayersModel` for distillation: taps by layer name, weights under stable names, and a forward pass
 * that computes `model.predict`, with batch norm, ReLU and dropout as fused, seeded operations. The model
 * itself is unchanged.
 *
 * The model must have one input (images, NHWC) and end in logits. Requirements for students alone are checked
 * at the first forward pass in training mode, by {@link expectTrainable}.
 * @throws DistillError code `network` for a model that cannot be used, `tap` for an alias of a missing layer,
 *   `option` for wrong arguments
 */
export function createNetwork(model: LayersModel, options: NetworkOptions = {}): Network {
  expectKnown('createNetwork', options, ['name', 'taps', 'logitsFrom']);
  expectOption('createNetwork.name', options.name ?? undefined, optional(text));
  const logitsFrom = expectSource('createNetwork', options.logitsFrom) ?? 'output';
  const graph = withoutSoftmax(readGraph(model), logitsFrom);
  const name = options.name ?? model.name;
  expectReadable(name, graph, logitsFrom);
  const taps = readTaps(name, graph, options.taps ?? {});
  const steps = compileGraph(graph);
  const { trainable, statistics } = namedWeights(graph);
  const [height = -1, width = -1, channels = -1] = graph.inputShape;
  let canTrain = false;

  const network: Network = {
    name,
    model,
    logitsFrom,
    inputShape: [height, width, channels],
    classes: graph.nodes.find(({ outputs }) => outputs.includes(graph.output))?.shape[0] ?? -1,
    tapNames: taps.names,
    tapShape: (tap) => taps.find(tap).shape,
    tapOutput: (tap) => taps.find(tap).outputs[0] ?? 0,
    nodes: () => networkNodes(graph),
    get classNames() {
      return namesOf(model, network.classes);
    },
    parameters: countWeights(trainable),
    macs: countMacs(graph),
    variables: trainable,
    statistics,

    forward(images, { training = false, moveStatistics: moves = true, taps: wanted = [], random } = {}) {
      expectShape(`network '${name}', images`, images, [null, height, width, channels]);
      if (training && !canTrain) {
        expectTrainable(network);
        canTrain = true;
      }
      const tapped = wanted.map((tap) => taps.find(tap).outputs[0] ?? 0);
      const pass: Pass = { network: name, training, random, statistics: [] };
      const [logits, ...values] = tf.tidy(() => {
        const value = runSteps(graph, steps, images, pass);
        if (training && moves)
          withoutTape(() => {
            moveStatistics(pass.statistics);
          });
        const output = value[graph.output] as tf.Tensor;
        return [
          logitsFrom === 'softmax' ? logProbabilities(output) : output,
          ...tapped.map((index) => value[index] as tf.Tensor),
        ];
      });
      return networkOutput(name, logits as Logits, wanted, values);
    },

    save: (place) => saveModel(model, place),
    dispose() {
      model.dispose();
    },
  };
  markPlain(network, model);
  return network;
}

/** The class names in a model's metadata, unless its last layer is another one by now. */
function namesOf(model: LayersModel, classes: number): readonly string[] | undefined {
  const names = modelMetadata(model)?.classNames;
  return names?.length === classes ? names : undefined;
}

/** A network, or a bare model, which becomes one with its layer names as taps. */
export type NetworkLike = Network | LayersModel;

/** Returns a {@link Network} as it is, and wraps a bare `LayersModel`. */
export function asNetwork(given: NetworkLike, where = 'network'): Network {
  // Untyped callers may pass anything.
  const parts: unknown = given;
  if (typeof parts === 'object' && parts !== null) {
    if ('forward' in given && 'variables' in given) return given;
    if ('predict' in given && 'layers' in given) return createNetwork(given);
  }
  throw noNetwork(where, parts);
}

import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { withoutTape } from '../engine/tape.js';
import { expectShape } from '../tensor/index.js';
import type { Logits } from '../tensor/index.js';
import { compileLayer } from './apply-layer.js';
import type { Pass } from './apply-layer.js';
import { moveStatistics } from './batch-statistics.js';
import type { Network } from './contract.js';
import { expectTrainable } from './expect-trainable.js';
import { readGraph } from './graph.js';
import { countMacs } from './macs.js';
import { networkOutput } from './output.js';
import { saveModel } from './save-model.js';
import { readTaps } from './taps.js';
import { namedWeights } from './weights.js';

export interface NetworkOptions {
  /** Default: the model's name. */
  readonly name?: string | undefined;
  /** Extra names for layers, so that a method's default taps fit, e.g. `{ embedding: 'flatten_1' }`. */
  readonly taps?: Readonly<Record<string, string>> | undefined;
}

/**
 * A `LayersModel` prepared for distillation: taps by layer name, weights under stable names, and a forward pass in
 * which batch norm, ReLU and dropout run as fused, seeded operations. The model itself is not changed.
 *
 * The model has one input (images, NHWC) and ends in logits.
 * @throws DistillError code `network` (not trainable as it is) or `tap` (an alias points at no layer)
 */
export function createNetwork(model: LayersModel, options: NetworkOptions = {}): Network {
  const name = options.name ?? model.name;
  const graph = readGraph(model);
  expectTrainable(name, graph);
  const taps = readTaps(name, graph, options.taps ?? {});
  const steps = graph.nodes.map((node) => ({ node, apply: compileLayer(node) }));
  const { trainable, statistics } = namedWeights(graph);
  const [height = -1, width = -1, channels = -1] = (model.inputs[0]?.shape ?? [])
    .slice(1)
    .map((axis) => axis ?? -1);
  const classes = model.outputs[0]?.shape[1] ?? -1;

  return {
    name,
    model,
    inputShape: [height, width, channels],
    classes,
    tapNames: taps.names,
    tapShape: (tap) => taps.find(tap).shape,
    tapOutput: (tap) => taps.find(tap).outputs[0] ?? 0,
    parameters: Object.values(trainable).reduce((sum, variable) => sum + variable.size, 0),
    macs: countMacs(graph),
    variables: trainable,
    statistics,

    forward(images, forwardOptions = {}) {
      expectShape(
        `network '${name}', images`,
        images,
        [null, height, width, channels].map((axis) => (axis === -1 ? null : axis)),
      );
      const wanted = forwardOptions.taps ?? [];
      const tapped = wanted.map((tap) => [tap, taps.find(tap).outputs[0] ?? 0] as const);
      const pass: Pass = {
        training: forwardOptions.training ?? false,
        random: forwardOptions.random,
        statistics: [],
      };
      const [logits, ...values] = tf.tidy(() => {
        const value: tf.Tensor[] = [];
        value[graph.input] = images;
        for (const { node, apply } of steps) {
          const result = apply(
            node.inputs.map((input) => value[input] as tf.Tensor),
            pass,
          );
          const results = Array.isArray(result) ? result : [result];
          node.outputs.forEach((output, position) => (value[output] = results[position] as tf.Tensor));
        }
        if (pass.training && forwardOptions.moveStatistics !== false)
          withoutTape(() => {
            moveStatistics(pass.statistics);
          });
        return [value[graph.output] as tf.Tensor, ...tapped.map(([, index]) => value[index] as tf.Tensor)];
      });
      return networkOutput(
        name,
        logits as Logits,
        new Map(tapped.map(([tap], position) => [tap, values[position] as tf.Tensor])),
      );
    },

    save: (url) => saveModel(model, url),
    dispose() {
      model.dispose();
    },
  };
}

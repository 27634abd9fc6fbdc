import * as layers from '@tensorflow/tfjs-layers';
import { createNetwork, seedWeights } from '../network/index.js';
import type { Network } from '../network/index.js';
import { createRandom } from '../random/index.js';

export interface TinyNetworkOptions {
  /** Channels of the first stage; the second has twice as many. Default 4. */
  readonly width?: number | undefined;
  /** Number of classes. Default 3. */
  readonly classes?: number | undefined;
  /** Dropout rate before the logits. Default 0: no dropout layer. */
  readonly dropout?: number | undefined;
  /** Momentum of batch norm. Default 0.9. */
  readonly momentum?: number | undefined;
}

/**
 * A convolutional network for 6×6×2 images that trains in milliseconds on every engine, with the tap names of
 * the zoo: `stem`, `stage1` (6×6), `stage2` and `stage3` (3×3), `embedding`, `logits`. It has what real
 * networks have: convolutions with and without stride and bias, batch norm, both kinds of ReLU layer, a
 * residual addition.
 *
 * @param seed seed of the initial weights
 */
export function tinyNetwork(
  seed: number,
  { width = 4, classes = 3, dropout = 0, momentum = 0.9 }: TinyNetworkOptions = {},
): Network {
  const apply = (layer: layers.layers.Layer, ...inputs: layers.SymbolicTensor[]): layers.SymbolicTensor =>
    layer.apply(inputs.length === 1 ? (inputs[0] as layers.SymbolicTensor) : inputs) as layers.SymbolicTensor;
  const make = layers.layers;
  const norm = (name: string): layers.layers.Layer =>
    make.batchNormalization({ name, momentum, epsilon: 1e-5 });

  const input = layers.input({ shape: [6, 6, 2] });
  const conv = { kernelSize: 3, padding: 'same', useBias: false } as const;
  const first = apply(make.conv2d({ name: 'stem_conv', filters: width, ...conv }), input);
  const stem = apply(
    make.activation({ name: 'stem_relu', activation: 'relu' }),
    apply(norm('stem_bn'), first),
  );
  const inner = apply(make.conv2d({ name: 'stage1_conv', filters: width, ...conv }), stem);
  const sum = apply(make.add({ name: 'stage1_add' }), apply(norm('stage1_bn'), inner), stem);
  const stage1 = apply(make.reLU({ name: 'stage1_relu' }), sum);
  const down = apply(make.conv2d({ name: 'stage2_conv', filters: 2 * width, ...conv, strides: 2 }), stage1);
  const stage2 = apply(make.reLU({ name: 'stage2_relu' }), apply(norm('stage2_bn'), down));
  const last = make.conv2d({ name: 'stage3_conv', filters: 2 * width, kernelSize: 1, activation: 'relu' });
  const stage3 = apply(last, stage2);
  const pooled = apply(make.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }), stage3);
  const kept = dropout > 0 ? apply(make.dropout({ name: 'drop', rate: dropout }), pooled) : pooled;
  const logits = apply(make.dense({ name: 'logits', units: classes }), kept);

  const model = layers.model({ inputs: input, outputs: logits, name: `tiny${width}` });
  seedWeights(model, createRandom(seed));
  return createNetwork(model, {
    taps: {
      stem: 'stem_relu',
      stage1: 'stage1_relu',
      stage2: 'stage2_relu',
      stage3: 'stage3_conv',
      embedding: 'pool',
    },
  });
}

import { createNetwork } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import { classScores, TaskAttention } from '@distilljs/vam';
import type { HeadKind } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { golden, tensor } from './golden.js';
import type { Nested } from './golden.js';

const { G8_tiny_hme: g8 } = golden;

/** The fixture's names by ours. */
export const FIXTURE_NAMES: Readonly<Record<string, string>> = {
  'trunk/kernel': 'trunk',
  'level2_expert0/kernel': 'e2_0',
  'level2_expert1/kernel': 'e2_1',
  'attention3/theta': 'theta3',
  'level3_expert0/kernel': 'e3_0',
  'level3_expert1/kernel': 'e3_1',
  'attention_classes/theta': 'thetaC',
  'head0/kernel': 'head_w_0',
  'head0/bias': 'head_b_0',
  'head1/kernel': 'head_w_1',
  'head1/bias': 'head_b_1',
  'head2/kernel': 'head_w_2',
  'head2/bias': 'head_b_2',
};

/** The fixture's mixture of experts: trunk, two experts, two experts at stride 2, three heads. */
export function fixtureExperts(head: HeadKind): Network {
  const make = tfl.layers;
  const conv = (name: string, filters: number, stride: number, x: tfl.SymbolicTensor): tfl.SymbolicTensor =>
    [
      make.zeroPadding2d({ padding: 1 }),
      make.conv2d({ name, filters, kernelSize: 3, strides: stride, useBias: false }),
      make.reLU(),
    ].reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);
  const mix = (name: string, children: number, x: tfl.SymbolicTensor[]): tfl.SymbolicTensor[] =>
    new TaskAttention({ name, children }).apply(x) as tfl.SymbolicTensor[];
  const images = tfl.input({ shape: [4, 4, 2] });
  const trunk = conv('trunk', 3, 1, images);
  const second = [0, 1].map((expert) => conv(`level2_expert${expert}`, 2, 1, trunk));
  const third = mix('attention3', 2, second).map((x, expert) => conv(`level3_expert${expert}`, 2, 2, x));
  const pooled = third.map(
    (x) => make.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(x) as tfl.SymbolicTensor,
  );
  const heads = mix('attention_classes', 3, pooled).map(
    (x, at) =>
      make.dense({ name: `head${at}`, units: head === 'one_logit' ? 1 : 2 }).apply(x) as tfl.SymbolicTensor,
  );
  const scores = classScores(head).apply(heads) as tfl.SymbolicTensor;
  const network = createNetwork(tfl.model({ inputs: images, outputs: scores }));
  const params = g8.params as Readonly<Record<string, Nested>>;
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(network.variables)) {
      const value = tensor(params[FIXTURE_NAMES[name] ?? ''] ?? NaN);
      // One output per head: the first column of the fixture's two.
      variable.assign(
        tf.slice(
          value,
          value.shape.map(() => 0),
          variable.shape,
        ),
      );
    }
    for (const temperature of Object.values(network.statistics)) temperature.assign(tf.tensor1d([g8.tau]));
  });
  return network;
}

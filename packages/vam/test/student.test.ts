import { asNetwork, sgd } from '@distilljs/core';
import type { NamedTensors, Network } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { vam, VamConv2D, vamLayers } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { expectClose, expectScalar, golden, tensor } from './golden.js';

const { G11_tiny_vam_student: g11 } = golden;

/** The fixture's names by ours. */
const NAMES = {
  'stem/kernel': 'stem',
  'bn0/gamma': 'bn0_g',
  'bn0/beta': 'bn0_b',
  'conv1/kernel': 'W1',
  'conv1/theta': 'theta1',
  'conv1/rho': 'rho1',
  'bn1/gamma': 'bn1_g',
  'bn1/beta': 'bn1_b',
  'conv2/kernel': 'W2',
  'conv2/theta': 'theta2',
  'conv2/rho': 'rho2',
  'bn2/gamma': 'bn2_g',
  'bn2/beta': 'bn2_b',
  'logits/kernel': 'fc_w',
  'logits/bias': 'fc_b',
} as const;

/** Stem, two attending convolutions (the second with stride 2), global mean, dense layer; with the fixture's weights. */
function fixtureStudent(): Network {
  const make = tfl.layers;
  const images = tfl.input({ shape: [4, 4, 3] });
  const attends = { inputBlock: 2, filterBlock: 2, rescale: 'none', grouped: false } as const;
  const conv = { kernelSize: 3, useBias: false };
  const stage = (x: tfl.SymbolicTensor, layer: tfl.layers.Layer, norm: string): tfl.SymbolicTensor =>
    [
      make.zeroPadding2d({ padding: 1 }),
      layer,
      make.batchNormalization({ name: norm, momentum: 0.9, epsilon: 1e-5 }),
      make.reLU(),
    ].reduce((y, each) => each.apply(y) as tfl.SymbolicTensor, x);
  let x = stage(images, make.conv2d({ name: 'stem', filters: 4, ...conv }), 'bn0');
  x = stage(x, new VamConv2D({ name: 'conv1', filters: 4, ...conv, ...attends }), 'bn1');
  x = stage(x, new VamConv2D({ name: 'conv2', filters: 6, strides: 2, ...conv, ...attends }), 'bn2');
  const pooled = make.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(x);
  const logits = make.dense({ name: 'logits', units: 3 }).apply(pooled) as tfl.SymbolicTensor;
  const network = asNetwork(tfl.model({ inputs: images, outputs: logits }), 'student');
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(network.variables)) {
      const value = tensor(g11.params[NAMES[name as keyof typeof NAMES]]);
      variable.assign(tf.reshape(value, variable.shape));
    }
  });
  return network;
}

/** The loss of `vam` on the fixture's batch, and its gradients by our names. */
async function objective(
  network: Network,
): Promise<{ terms: Record<string, number>; loss: tf.Scalar; gradients: NamedTensors }> {
  const plan = await vam({ gamma: g11.gamma_entropy }).plan({
    students: [network],
    teacher: { tapShape: () => [] },
    epochs: 1,
    batchSize: 3,
    optimizer: sgd(),
  } as never);
  const update = plan.phases[0]?.updates[0];
  const terms: Record<string, number> = {};
  const { value, grads } = tf.tidy(() => {
    const images = tensor<tf.Tensor4D>(g11.x);
    const labels = tf.tensor1d(g11.labels, 'int32');
    return tf.variableGrads(() => {
      const step = {
        oneHot: tf.cast(tf.oneHot(labels, 3), 'float32'),
        student: network.forward(images, { training: true }),
        teacher: { logits: tensor<tf.Tensor2D>(g11.teacher) },
      };
      const found = Object.entries(update?.terms(step as never) ?? {});
      for (const [name, term] of found) terms[name] = term.value.dataSync()[0] ?? NaN;
      return tf.addN<tf.Scalar>(found.map(([, term]) => tf.mul(term.value, term.weight)));
    }, Object.values(network.variables));
  });
  const gradients = Object.fromEntries(
    Object.entries(network.variables).map(([name, variable]) => [name, grads[variable.name] as tf.Tensor]),
  );
  plan.dispose();
  return { terms, loss: value, gradients };
}

await describeOnEngines('a student with attention', () => {
  it('has the expected terms, loss and gradients, and takes the expected three steps', async () => {
    const network = fixtureStudent();
    const { sgd: expected } = g11;
    const plan = await vam().plan({
      students: [network],
      teacher: { tapShape: () => [] },
      epochs: 1,
      batchSize: 3,
      optimizer: sgd({
        learningRate: expected.lr,
        momentum: expected.momentum,
        weightDecay: expected.weight_decay,
      }),
    } as never);
    const update = plan.phases[0]?.updates[0];
    const optimizer = update?.optimizer.create(update.variables);
    const losses = [...expected.loss_before_each_step, expected.loss_after];
    for (const [step, wanted] of losses.entries()) {
      const { terms, loss, gradients } = await objective(network);
      expectScalar(loss, wanted, `loss before step ${step + 1}`);
      if (step === 0) {
        expectClose(
          [terms['ce'] ?? NaN, terms['kd'] ?? NaN, terms['attentionEntropy'] ?? NaN],
          [g11.ce, g11.kl_T2, g11.entropy_mean],
        );
        for (const [name, gradient] of Object.entries(gradients))
          expectClose(gradient, g11.grads[NAMES[name as keyof typeof NAMES]], name);
      }
      if (step < 3) optimizer?.apply(gradients, { epoch: 0, epochs: 1 });
      tf.dispose([loss, ...Object.values(gradients)]);
    }
    const after = expected.after_3_steps;
    for (const [name, theirs] of Object.entries(NAMES))
      if (theirs in after)
        expectClose(network.variables[name] as tf.Variable, after[theirs as keyof typeof after], name);

    expect(vamLayers(network.model).map(({ path }) => path)).toEqual(['conv1', 'conv2']);
    optimizer?.dispose();
    plan.dispose();
    network.dispose();
  });
});

import { createNetwork } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { attentionEntropy, registerVamConv2D, VamConv2D } from '@distilljs/vam';
import type { AttentionConfig } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { expectClose, expectScalar, golden, tensor } from './golden.js';
import type { Nested } from './golden.js';

const { G9_vam_conv: g9, G9b_vam_variant_B: g9b, G10_vam_identities: g10 } = golden;

interface Given extends Partial<AttentionConfig> {
  readonly x: Nested;
  readonly W: Nested;
  readonly theta: Nested;
  readonly rho?: number;
  readonly stride?: number;
}

/** A layer with given weights between symmetric padding and the outside, its weights as variables, and its input. */
function layerWith({ x, W, theta, rho = 0, stride = 1, ...attends }: Given): {
  layer: VamConv2D;
  images: tf.Tensor4D;
  run: (images: tf.Tensor) => tf.Tensor;
} {
  const images = tensor<tf.Tensor4D>(x);
  const kernel = tensor<tf.Tensor4D>(W);
  const layer = new VamConv2D({
    filters: kernel.shape[3],
    kernelSize: 3,
    strides: stride,
    useBias: false,
    inputBlock: 2,
    filterBlock: 2,
    rescale: 'none',
    grouped: false,
    ...attends,
  });
  const padded = images.shape.map((axis, at) => (at === 1 || at === 2 ? axis + 2 : axis));
  layer.apply(tfl.input({ shape: padded.slice(1) }));
  layer.setWeights([kernel, tensor(theta), tf.tensor1d([rho])]);
  const run = (at: tf.Tensor): tf.Tensor =>
    layer.call(
      tf.pad(at, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
      {},
    ) as tf.Tensor;
  return { layer, images, run };
}

/** Gradients of a loss in the input and in the layer's weights (kernel, Θ, ρ). */
function gradients(
  { layer, images }: ReturnType<typeof layerWith>,
  loss: (x: tf.Tensor) => tf.Scalar,
): { x: tf.Tensor; weights: tf.Tensor[] } {
  const variables: readonly tf.Variable[] = layer.trainableWeights.map(
    (weight) => (weight as unknown as { readonly val: tf.Variable }).val,
  );
  const { grads } = tf.variableGrads(() => loss(images), [...variables]);
  return {
    x: tf.grad(loss)(images),
    weights: variables.map((variable) => grads[variable.name] as tf.Tensor),
  };
}

await describeOnEngines('VamConv2D', () => {
  it('has the expected outputs, folded kernel and gradients', () => {
    for (const given of g9.cases) {
      const what = `${given.Cin}→${given.Cout}`;
      tf.tidy(() => {
        const rescale = given.rescale as 'none' | 'blocks';
        const made = layerWith({ ...given, inputBlock: given.b_in, filterBlock: given.b_out, rescale });
        const { layer, run } = made;
        expectClose(layer.attention(), given.A, `${what} A`);
        expectClose(layer.maskedKernel(), given.folded_kernel, `${what} kernel`);
        expectClose(run(made.images), given.y, `${what} y`);
        const loss = (x: tf.Tensor): tf.Scalar =>
          tf.add(
            tf.sum(tf.mul(run(x), tensor(given.upstream))),
            tf.mul(tf.mean(layer.entropy()), given.gamma_entropy),
          );
        expectScalar(loss(made.images), given.loss, `${what} loss`);
        const { x, weights } = gradients(made, loss);
        expectClose(x, given.grad_x, `${what} ∂x`);
        expectClose(weights[0] as tf.Tensor, given.grad_W, `${what} ∂W`);
        expectClose(weights[1] as tf.Tensor, given.grad_theta, `${what} ∂Θ`);
        expectClose(weights[2] as tf.Tensor, given.grad_rho, `${what} ∂ρ`);
        layer.dispose();
      });
    }
  });

  it('equals the sum of partial convolutions over parent blocks', () => {
    for (const given of g9.cases) {
      tf.tidy(() => {
        const rescale = given.rescale as 'none' | 'blocks';
        const { layer, images, run } = layerWith({
          ...given,
          inputBlock: given.b_in,
          filterBlock: given.b_out,
          rescale,
        });
        const [kernel] = layer.getWeights() as [tf.Tensor4D];
        const attention = layer.attention().arraySync();
        const scale = rescale === 'blocks' ? (attention[0]?.length ?? 1) : 1;
        const children = attention.map((row, j) => {
          const from = j * given.b_out;
          const filters = Math.min(given.b_out, given.Cout - from);
          const parts = row.map((weight, i) => {
            const start = i * given.b_in;
            const maps = Math.min(given.b_in, given.Cin - start);
            const x = tf.slice(images, [0, 0, 0, start], [-1, -1, -1, maps]);
            const w = tf.slice(kernel, [0, 0, start, from], [-1, -1, maps, filters]);
            const padded = tf.pad<tf.Tensor4D>(x, [
              [0, 0],
              [1, 1],
              [1, 1],
              [0, 0],
            ]);
            return tf.mul(tf.conv2d(padded, w, given.stride, 'valid'), scale * weight);
          });
          return tf.addN(parts);
        });
        expectClose(run(images), tf.concat(children, 3).arraySync());
        layer.dispose();
      });
    }
  });

  it('has the expected outputs and gradients as variant B', () => {
    tf.tidy(() => {
      const made = layerWith({ ...g9b, grouped: true });
      expectClose(made.run(made.images), g9b.y, 'y');
      const { x, weights } = gradients(made, (at) => tf.sum(tf.mul(made.run(at), tensor(g9b.upstream))));
      expectClose(x, g9b.grad_x, '∂x');
      expectClose(weights[0] as tf.Tensor, g9b.grad_W, '∂W');
      expectClose(weights[1] as tf.Tensor, g9b.grad_theta, '∂Θ');
      made.layer.dispose();
    });
  });

  it('gives plain/N at uniform attention, the plain layer with blocks, and a grouped convolution on the diagonal', () => {
    tf.tidy(() => {
      const zeros = [
        [0, 0],
        [0, 0],
      ];
      const outputOf = (given: Partial<Given>): tf.Tensor => {
        const { layer, images, run } = layerWith({ x: g10.x, W: g10.W, theta: zeros, ...given });
        const y = run(images);
        layer.dispose();
        return y;
      };
      const none = outputOf({});
      const blocks = outputOf({ rescale: 'blocks' });
      expectClose(none, g10.uniform_none);
      expectClose(blocks, g10.plain);
      expectClose(outputOf({ theta: g10.diag_theta }), g10.grouped);
      // Batch norm takes the factor 1/N away again, up to its epsilon.
      const norm = (x: tf.Tensor): tf.Tensor => {
        const { mean, variance } = tf.moments(x, [0, 1, 2]);
        return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
      };
      const gap = tf.max(tf.abs(tf.sub(norm(none), norm(blocks)))).dataSync()[0] ?? NaN;
      expect(gap).toBeLessThan(1.4e-5);
      expect(gap).toBeGreaterThan(1e-6);
    });
  });

  it('stays finite at the temperature’s bound with extreme Θ', () => {
    tf.tidy(() => {
      const made = layerWith({
        x: g10.x,
        W: g10.W,
        theta: [
          [40, -40],
          [0, 0],
        ],
        rho: Math.log(0.05),
      });
      const loss = (x: tf.Tensor): tf.Scalar =>
        tf.add(tf.sum(made.run(x)), tf.mean(attentionEntropy(made.layer.theta, made.layer.temperature())));
      for (const gradient of gradients(made, loss).weights)
        expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
      made.layer.dispose();
    });
  });

  it('frees all that it made', () => {
    const before = tf.memory().numTensors;
    const images = tfl.input({ shape: [4, 4, 4] });
    const layer = new VamConv2D({
      filters: 4,
      kernelSize: 3,
      inputBlock: 2,
      filterBlock: 2,
      rescale: 'none',
      grouped: false,
    });
    const flat = tfl.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(layer.apply(images));
    const network = createNetwork(tfl.model({ inputs: images, outputs: flat as tfl.SymbolicTensor }));
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
    registerVamConv2D();
  });
});

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { createNetwork } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';
import { bn, chain, conv, randomizeWeights, smallModels, someImages, through } from './small-models.js';

const named = (...names: readonly string[]): [string, () => LayersModel][] =>
  names.map((name) => [name, smallModels[name] as () => LayersModel]);

describeOn(await testEngines(), 'batch norm in training', () => {
  it.each(
    named(
      'convolution, batch norm, ReLU',
      'dense layers with batch norm, also on positions',
      'a shared convolution and a shared batch norm',
      'a nested model, applied twice',
    ),
  )('equals that of tfjs-layers in gradients, moving statistics and predictions: %s', (_, build) => {
    const [network, reference] = [build, build].map((make) => createNetwork(randomizeWeights(make())));
    if (network === undefined || reference === undefined) throw new Error('two networks');
    const images = someImages(4);
    const target = tf.ones([4, 3]);
    const gradients = (forward: () => tf.Tensor): Record<string, tf.Tensor> =>
      tf.variableGrads(() => tf.mean(tf.squaredDifference(forward(), target))).grads;
    for (let step = 0; step < 3; step++) {
      tf.tidy(() => {
        const own = gradients(() => network.forward(images, { training: true }).logits);
        const theirs = gradients(() => reference.model.apply(images, { training: true }) as tf.Tensor);
        for (const [name, variable] of Object.entries(network.variables)) {
          const twin = reference.variables[name] as tf.Variable;
          expectClose(
            own[variable.name] as tf.Tensor,
            theirs[twin.name] as tf.Tensor,
            2e-5,
            `gradient of ${name}`,
          );
        }
      });
    }
    for (const [name, variable] of Object.entries(network.statistics)) {
      expectClose(variable, reference.statistics[name] as tf.Variable, 1e-5, name);
    }
    expectClose(network.forward(images).logits, reference.model.predict(images) as tf.Tensor, 1e-4, 'logits');
    tf.dispose([images, target]);
    network.dispose();
    reference.dispose();
  });

  it('moves its statistics by the momentum, the variance without correction', () => {
    // Without scale or centre tfjs-layers 4.22.0 cannot train, so the numbers are worked out: images of 0 and 1
    // through a 1×1 convolution that adds both channels three times are 0 and 6, of mean 3 and variance 9.
    const kernelInitializer = tfl.initializers.constant({ value: 3 });
    const norm = bn('bn', { scale: false, center: false, momentum: 0.75, epsilon: 0 });
    const parts = [conv('conv', 1, { kernelSize: 1, kernelInitializer }), norm];
    const network = createNetwork(chain('m', ...parts.map(through)));
    tf.tidy(() => {
      const images = tf.concat<tf.Tensor4D>([tf.zeros([1, 6, 6, 2]), tf.ones([1, 6, 6, 2])], 0);
      const output = network.forward(images, { training: true, taps: ['bn'] }).tap('bn');
      expectClose(output, [...new Array<number>(36).fill(-1), ...new Array<number>(36).fill(1)], 1e-5);
    });
    expectClose(network.statistics['bn/moving_mean'] as tf.Variable, [0.25 * 3], 1e-6);
    expectClose(network.statistics['bn/moving_variance'] as tf.Variable, [0.75 + 0.25 * 9], 1e-6);
    network.dispose();
  });

  it('keeps one set of statistics for a layer that is applied twice', () => {
    const network = createNetwork(
      randomizeWeights((smallModels['a nested model, applied twice'] as () => LayersModel)()),
    );
    expect(Object.keys(network.statistics).sort()).toEqual([
      'block/bn/moving_mean',
      'block/bn/moving_variance',
      'bn_after/moving_mean',
      'bn_after/moving_variance',
    ]);
    network.dispose();
  });
});

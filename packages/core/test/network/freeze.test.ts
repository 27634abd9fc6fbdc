import * as tf from '@tensorflow/tfjs-core';
import { createNetwork, freeze } from '@distilljs/core';
import type { FrozenNetwork, Network } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';
import { chain, bn, conv, randomizeWeights, smallModels, someImages, through } from './small-models.js';

const batchNorms = async (frozen: FrozenNetwork, taps?: readonly string[]): Promise<number> => {
  const images = someImages(1);
  // The first call folds; what is counted is the pass itself.
  frozen.forward(images, taps).logits.dispose();
  const { kernelNames } = await tf.profile(() => {
    tf.tidy(() => void frozen.forward(images, taps));
  });
  images.dispose();
  return kernelNames.filter((name) => /BatchNorm/.test(name)).length;
};

describeOn(await testEngines(), 'a frozen network', () => {
  it.each(Object.entries(smallModels))('equals the network within 1e-4: %s', (_, build) => {
    const network = createNetwork(randomizeWeights(build()));
    const frozen = freeze(network);
    tf.tidy(() => {
      const images = someImages(4);
      const expected = network.forward(images, { taps: network.tapNames });
      expectClose(expected.logits, network.model.predict(images) as tf.Tensor, 1e-5, 'logits of the network');
      expectClose(frozen.forward(images).logits, expected.logits, 1e-4, 'logits');
      // Each tap forbids another fold, all of them together forbid every one.
      for (const tap of network.tapNames) {
        const output = frozen.forward(images, [tap]);
        expectClose(output.tap(tap), expected.tap(tap), 1e-4, `tap ${tap}`);
        expectClose(output.logits, expected.logits, 1e-4, `logits with tap ${tap}`);
      }
      const all = frozen.forward(images, network.tapNames);
      for (const tap of network.tapNames)
        expectClose(all.tap(tap), expected.tap(tap), 1e-4, `tap ${tap} among all`);
    });
    frozen.dispose();
    network.dispose();
  });

  it('frees each value once everything that reads it has run, but for taps', async () => {
    const deep = Array.from({ length: 10 }, (_, at) => through(conv(`conv${at}`, 16)));
    const network = createNetwork(randomizeWeights(chain('deep', ...deep)));
    const frozen = freeze(network);
    const images = someImages(8);
    const peakOf = async (taps: readonly string[]): Promise<number> => {
      const pass = (): void => {
        const output = frozen.forward(images, taps);
        tf.dispose([output.logits, ...taps.map((tap) => output.tap(tap))]);
      };
      // The first pass folds.
      pass();
      const kept = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(pass);
      expect(tf.memory().numBytes).toBe(kept);
      return peakBytes - kept;
    };
    const [, height, width] = images.shape;
    const map = 4 * 8 * height * width * 16;
    expect(await peakOf([])).toBeLessThan(5 * map);
    const taps = Array.from({ length: 9 }, (_, at) => `conv${at}`);
    expect(await peakOf(taps)).toBeGreaterThan(9 * map);
    images.dispose();
    frozen.dispose();
    network.dispose();
  });

  it('records nothing for gradients, within a gradient or not', () => {
    const network = createNetwork(randomizeWeights(chain('m', through(conv('conv', 4)), through(bn('bn')))));
    const frozen = freeze(network);
    tf.tidy(() => {
      const images = someImages(2);
      const outside = frozen.forward(images).logits;
      const { grads } = tf.variableGrads(() => {
        const { logits } = frozen.forward(images);
        expectClose(logits, outside, 1e-5);
        const own = network.variables['logits/kernel'] as tf.Variable;
        return tf.add(tf.sum(tf.square(logits)), tf.sum(own));
      });
      expect(Object.keys(grads)).toHaveLength(1);
      expectClose(Object.values(grads)[0] as tf.Tensor, new Float32Array(12).fill(1), 1e-6);
    });
    frozen.dispose();
    network.dispose();
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'folding', () => {
  const plain = (): Network =>
    createNetwork(randomizeWeights((smallModels['convolution, batch norm, ReLU'] as () => never)()));

  it('leaves no batch norm, but where a tap must see what lies before it', async () => {
    const network = plain();
    const frozen = freeze(network);
    expect(await batchNorms(frozen)).toBe(0);
    expect(await batchNorms(frozen, ['relu'])).toBe(0);
    expect(await batchNorms(frozen, ['bn'])).toBe(0);
    expect(await batchNorms(frozen, ['conv'])).toBe(1);
    frozen.dispose();
    network.dispose();
  });

  it('happens once per set of taps, and dispose frees the result', () => {
    const network = plain();
    const images = someImages(1);
    const before = tf.memory().numTensors;
    const frozen = freeze(network);
    const pass = (taps: readonly string[]): number => {
      tf.tidy(() => void frozen.forward(images, taps));
      return tf.memory().numTensors - before;
    };
    // One kernel and one bias per set; two names for one set count once.
    expect([pass([]), pass([]), pass(['bn']), pass(['bn', 'bn'])]).toEqual([2, 2, 4, 4]);
    frozen.dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(images);
    network.dispose();
  });

  it('leaves the model as it is', () => {
    const network = plain();
    const images = someImages(2);
    const before = network.forward(images).logits.dataSync();
    const frozen = freeze(network);
    frozen.forward(images);
    frozen.dispose();
    expect(network.forward(images).logits.dataSync()).toEqual(before);
    network.dispose();
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'the fingerprint of a frozen network', () => {
  const of = (seed: number, name = 'conv', strides = 1): Promise<string> => {
    const network = createNetwork(randomizeWeights(chain('m', through(conv(name, 4, { strides }))), seed));
    return freeze(network).fingerprint();
  };

  it('distinguishes weights and architectures', async () => {
    expect(await of(1)).toMatch(/^[0-9a-f]{64}$/);
    expect(await of(1)).toBe(await of(1));
    expect(await of(2)).not.toBe(await of(1));
    expect(await of(1, 'conv', 2)).not.toBe(await of(1));
  });
});

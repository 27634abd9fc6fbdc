import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { createNetwork, createRandom, resolveEngine, seedWeights } from '@distilljs/core';
import { bytesOf, testEngines, weightBytes } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose, momentsOf } from '../numbers.js';
import { bn, chain, conv, smallModels, through } from './small-models.js';

const seeded = <M extends LayersModel>(model: M, seed: number): M => {
  seedWeights(model, createRandom(seed));
  return model;
};

describe('one seed, one network', () => {
  const bytes = (seed: number, build: () => LayersModel): Uint8Array =>
    weightBytes(createNetwork(seeded(build(), seed)));
  const plain = smallModels['a sequential model'] as () => LayersModel;

  it('on every engine', async () => {
    const found: Record<string, Uint8Array> = {};
    for (const engine of await testEngines()) {
      if (engine.skipped !== undefined) continue;
      await resolveEngine(engine.name);
      found[engine.name] = bytes(1, plain);
    }
    const all = Object.values(found);
    expect(all.length).toBeGreaterThan(0);
    for (const other of all) expect(other).toEqual(all[0]);
  });

  it('and different ones for another seed', () => {
    expect(bytes(1, plain)).not.toEqual(bytes(2, plain));
  });

  it('whatever the weights were before, statistics included', () => {
    const model = seeded(plain(), 1);
    const network = createNetwork(model);
    const before = weightBytes(network);
    model.setWeights(model.getWeights().map((weight) => weight.mul(2).add(1)));
    expect(weightBytes(network)).not.toEqual(before);
    expect(weightBytes(createNetwork(seeded(model, 1)))).toEqual(before);
  });

  it('and a layer of its own for each layer of one shape', () => {
    const { variables } = createNetwork(seeded(chain('m', through(conv('a', 2)), through(conv('b', 2))), 1));
    expect(bytesOf({ a: variables['a/kernel'] as never })).not.toEqual(
      bytesOf({ b: variables['b/kernel'] as never }),
    );
  });
});

describe('the initializers', () => {
  beforeAll(async () => {
    await resolveEngine('cpu');
  });

  // A kernel of 3×3×16×32 has 4608 values, fan in 144 and fan out 288.
  const drawn = (initializer: unknown): Float32Array => {
    const input = tfl.input({ shape: [4, 4, 16] });
    const layer = tfl.layers.conv2d({
      name: 'conv',
      filters: 32,
      kernelSize: 3,
      kernelInitializer: initializer as 'zeros',
    });
    const flat = tfl.layers.flatten().apply(layer.apply(input)) as tfl.SymbolicTensor;
    seeded(tfl.model({ inputs: input, outputs: flat }), 3);
    return layer.getWeights()[0]?.dataSync<'float32'>() ?? new Float32Array();
  };
  const { initializers } = tfl;
  // What is left of a normal's deviation when it is cut off at two of them.
  const CUT = 0.8796;

  it.each<[string, unknown, mean: number, deviation: number, limit: number]>([
    ['uniform', initializers.randomUniform({ minval: -1, maxval: 3 }), 1, 4 / Math.sqrt(12), 3],
    ['normal', initializers.randomNormal({ mean: 2, stddev: 0.5 }), 2, 0.5, Infinity],
    ['truncated normal', initializers.truncatedNormal({ mean: 2, stddev: 0.5 }), 2, 0.5 * CUT, 3],
    ['Glorot uniform', 'glorotUniform', 0, Math.sqrt(2 / 432), Math.sqrt(6 / 432)],
    ['Glorot normal', 'glorotNormal', 0, Math.sqrt(2 / 432) * CUT, 2 * Math.sqrt(2 / 432)],
    ['He uniform', 'heUniform', 0, Math.sqrt(2 / 144), Math.sqrt(6 / 144)],
    ['He normal', 'heNormal', 0, Math.sqrt(2 / 144) * CUT, 2 * Math.sqrt(2 / 144)],
    ['LeCun uniform', 'leCunUniform', 0, Math.sqrt(1 / 144), Math.sqrt(3 / 144)],
    ['LeCun normal', 'leCunNormal', 0, Math.sqrt(1 / 144) * CUT, 2 * Math.sqrt(1 / 144)],
    [
      'variance scaling by fan out',
      initializers.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'uniform' }),
      0,
      Math.sqrt(3 / 288),
      3 / Math.sqrt(288),
    ],
  ])('%s has its mean, deviation and bounds', (_, initializer, mean, deviation, limit) => {
    const values = drawn(initializer);
    const found = momentsOf(values);
    expect(values).toHaveLength(4608);
    // Standard errors: deviation / √4608 = 1.5 % of it for the mean, about 1 % for the deviation itself.
    expect(Math.abs(found.mean - mean) / deviation).toBeLessThan(0.06);
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.04);
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit * 1.000001);
    if (limit < Infinity) expect(largest).toBeGreaterThan(limit * 0.97);
  });

  it.each<[string, unknown, number]>([
    ['zeros', 'zeros', 0],
    ['ones', 'ones', 1],
    ['a constant', initializers.constant({ value: 0.25 }), 0.25],
  ])('%s are exact', (_, initializer, value) => {
    expect(new Set(drawn(initializer))).toEqual(new Set([value]));
  });

  it('reset batch norm and biases to what their layers say', () => {
    const model = chain(
      'm',
      through(conv('conv', 2, { useBias: true, biasInitializer: initializers.constant({ value: 3 }) })),
      through(bn('bn', { gammaInitializer: 'zeros' })),
    );
    model.setWeights(model.getWeights().map((weight) => weight.add(5)));
    const { variables, statistics } = createNetwork(seeded(model, 1));
    const values = { ...variables, ...statistics };
    const of = (name: string): number[] => [...(values[name]?.dataSync() ?? [])];
    expect(of('conv/bias')).toEqual([3, 3]);
    expect(of('bn/gamma')).toEqual([0, 0]);
    expect(of('bn/beta')).toEqual([0, 0]);
    expect(of('bn/moving_mean')).toEqual([0, 0]);
    expect(of('bn/moving_variance')).toEqual([1, 1]);
  });

  it('count a depthwise kernel as tfjs does, and find the kernels of a separable one', () => {
    const { layers } = tfl;
    const model = chain(
      'm',
      through(conv('wide', 64)),
      through(
        layers.depthwiseConv2d({ name: 'depthwise', kernelSize: 5, depthwiseInitializer: 'leCunUniform' }),
      ),
      // tfjs 4.22.0 takes the depthwise initializer for both kernels.
      through(
        layers.separableConv2d({
          name: 'separable',
          filters: 32,
          kernelSize: 1,
          depthwiseInitializer: 'leCunUniform',
        }),
      ),
    );
    const { variables } = createNetwork(seeded(model, 1));
    const deviation = (name: string): number => momentsOf(variables[name]?.dataSync() ?? []).deviation;
    // Fan in 5·5·64 and 64.
    expect(deviation('depthwise/depthwise_kernel') * Math.sqrt(1600)).toBeCloseTo(1, 1);
    expect(deviation('separable/pointwise_kernel') * Math.sqrt(64)).toBeCloseTo(1, 1);
  });

  it('orthogonal has orthogonal columns of the length of its gain', () => {
    const input = tfl.input({ shape: [4, 4, 2] });
    const initializer = initializers.orthogonal({ gain: 2 });
    const layer = conv('conv', 5, { kernelInitializer: initializer });
    const pooled = tfl.layers.flatten().apply(layer.apply(input));
    const model = tfl.model({ inputs: input, outputs: pooled as tfl.SymbolicTensor });
    const kernel = createNetwork(seeded(model, 1)).variables['conv/kernel'] as tf.Tensor;
    const rows = tf.reshape<tf.Rank.R2>(kernel, [18, 5]);
    expectClose(tf.matMul(rows, rows, true), tf.mul(tf.eye(5), 4), 1e-5);
  });

  it.each<[string, () => LayersModel, RegExp]>([
    [
      'one of another make',
      () => {
        const mine = Object.assign(initializers.ones(), { getClassName: () => 'Mine' });
        return chain('m', through(conv('conv', 4, { kernelInitializer: mine })));
      },
      /weight 'conv\/kernel': expected an initializer that can be seeded, got Mine/,
    ],
  ])('refuse what cannot be seeded: %s', async (_, build, message) => {
    const error = await caught(() => seeded(build(), 1));
    expect(error.code).toBe('network');
    expect(error.message).toMatch(message);
  });
});

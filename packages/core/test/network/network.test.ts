import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createNetwork, createRandom, defineMethod, distill, resolveEngine, text } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { bn, chain, conv, randomizeWeights, smallModels, someImages, through } from './small-models.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

describe('taps', () => {
  const network = (): ReturnType<typeof createNetwork> =>
    createNetwork(chain('m', through(conv('stage1', 4, { strides: 2 })), through(bn('bn'))), {
      taps: { feature: 'bn' },
    });

  it('go by layer name or alias, aliases first', () => {
    const { tapNames, tapShape, tapOutput } = network();
    expect(tapNames).toEqual(['feature', 'stage1', 'bn', 'pool', 'logits']);
    expect(tapShape('stage1')).toEqual([3, 3, 4]);
    expect(tapShape('feature')).toEqual([3, 3, 4]);
    expect(tapShape('pool')).toEqual([4]);
    expect(tapOutput('feature')).toBe(tapOutput('bn'));
    expect(tapOutput('feature')).not.toBe(tapOutput('stage1'));
  });

  it('of a nested model go by outer/inner', () => {
    const nested = smallModels['a nested model, applied twice'];
    expect(createNetwork((nested as () => tfl.LayersModel)()).tapNames).toContain('block/conv');
  });

  it.each(['stage2', 'Stage1'])(
    'that do not exist, like %s, are refused with the names there are',
    async (tap) => {
      const given = network();
      const images = someImages(1);
      for (const call of [
        () => given.tapShape(tap),
        () => given.tapOutput(tap),
        () => given.forward(images, { taps: [tap] }),
      ]) {
        const error = await caught(call);
        expect(error.code).toBe('tap');
        expect(error.message).toBe(
          `network 'm': expected the name of a layer, got '${tap}'. Did you mean 'stage1'? Available: feature, stage1, bn, pool, logits.`,
        );
      }
    },
  );

  it('that point at no layer are refused at once', async () => {
    const error = await caught(() =>
      createNetwork(chain('m', through(conv('stage1', 4))), { taps: { feature: 'stage' } }),
    );
    expect(error.message).toBe(
      "network 'm', tap 'feature': expected the name of a layer, got 'stage'. Did you mean 'stage1'? Available: stage1, pool, logits.",
    );
  });

  it('that were not asked for cannot be read', async () => {
    const output = network().forward(someImages(1), { taps: ['pool'] });
    const error = await caught(() => output.tap('bn'));
    expect(error.code).toBe('tap');
    expect(error.message).toBe(
      "network 'm', tap 'bn': expected a tap that the phase declared in `reads`, got declared taps pool. Add 'bn' to the taps that the method reads.",
    );
  });
});

describe('counts', () => {
  it('parameters and multiply-accumulates, of each kind of layer', () => {
    const { layers } = tfl;
    const model = chain(
      'counted',
      through(conv('conv', 4, { strides: 2, useBias: true })),
      through(bn('bn')),
      through(
        layers.depthwiseConv2d({
          name: 'depthwise',
          kernelSize: 3,
          depthMultiplier: 2,
          padding: 'same',
          useBias: false,
        }),
      ),
      through(
        layers.separableConv2d({
          name: 'separable',
          filters: 5,
          kernelSize: 3,
          padding: 'valid',
          useBias: false,
        }),
      ),
    );
    const { parameters, macs, classes, inputShape } = createNetwork(model);
    // conv 3·3·2·4 + 4, batch norm 2 · 4 (moving statistics do not count), depthwise 3·3·4·2, separable 3·3·8 + 8·5, dense 5·3 + 3.
    expect(parameters).toBe(76 + 8 + 72 + 112 + 18);
    expect(parameters).toBe(countTrainable(model));
    // 3×3 positions of conv and depthwise, 1×1 of separable, one of the dense layer; biases do not count.
    expect(macs).toBe(9 * 72 + 9 * 72 + 1 * (72 + 40) + 15);
    expect({ classes, inputShape }).toEqual({ classes: 3, inputShape: [6, 6, 2] });
  });

  it('a shared layer once in parameters and at each application in multiply-accumulates', () => {
    const twice = conv('twice', 2);
    const network = createNetwork(chain('m', through(twice), through(twice)));
    expect(network.parameters).toBe(36 + 9);
    expect(network.macs).toBe(2 * 36 * 36 + 6);
  });

  it('no parameters of layers that do not learn', () => {
    const network = createNetwork(chain('m', through(conv('fixed', 2, { trainable: false }))));
    expect(network.parameters).toBe(9);
    expect(Object.keys(network.variables)).toEqual(['logits/kernel', 'logits/bias']);
    expect(Object.keys(network.statistics)).toEqual(['fixed/kernel']);
  });
});

function countTrainable(model: tfl.LayersModel): number {
  return model.trainableWeights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);
}

describe('the model of a network', () => {
  it('keeps working: the same predictions before and after training passes, and fit', async () => {
    const model = randomizeWeights((smallModels['convolution, batch norm, ReLU'] as () => tfl.LayersModel)());
    const images = someImages(4);
    const before = (model.predict(images) as tf.Tensor).dataSync();
    const network = createNetwork(model);
    tf.tidy(() => void network.forward(images, { training: true, moveStatistics: false }));
    expect((model.predict(images) as tf.Tensor).dataSync()).toEqual(before);
    expectClose(network.forward(images).logits, before, 1e-5);

    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const { history } = await model.fit(images, tf.zeros([4, 3]), {
      epochs: 2,
      verbose: 0 as never,
    });
    expect(history['loss']?.every((loss) => Number.isFinite(loss))).toBe(true);
    expectClose(network.forward(images).logits, model.predict(images) as tf.Tensor, 1e-5, 'logits after fit');
  });

  it('takes no image of another shape', async () => {
    const error = await caught(() => tinyNetwork(1).forward(tf.zeros([2, 6, 6, 3])));
    expect(error.message).toBe("network 'tiny4', images: expected shape [*, 6, 6, 2], got [2, 6, 6, 3].");
  });

  it('takes images of any size where the model leaves it open', () => {
    const input = tfl.input({ shape: [null, null, 2] });
    const pooled = tfl.layers
      .globalAveragePooling2d({ dataFormat: 'channelsLast' })
      .apply(conv('conv', 4).apply(input));
    const model = tfl.model({
      inputs: input,
      outputs: tfl.layers.dense({ units: 3 }).apply(pooled) as tfl.SymbolicTensor,
    });
    const network = createNetwork(model);
    expect(network.inputShape).toEqual([-1, -1, 2]);
    expect(network.forward(tf.zeros([2, 5, 7, 2])).logits.shape).toEqual([2, 3]);
  });
});

describe('a training pass', () => {
  it('leaks nothing and moves no statistic when told so', () => {
    const network = tinyNetwork(1, { dropout: 0.5 });
    const images = someImages(4);
    const random = createRandom(1);
    const statistic = network.statistics['stem_bn/moving_mean'] as tf.Variable;
    const before = statistic.dataSync();
    const pass = (moveStatistics: boolean): number => {
      tf.tidy(() => void network.forward(images, { training: true, random, moveStatistics }));
      return tf.memory().numTensors;
    };
    const count = pass(false);
    expect(statistic.dataSync()).toEqual(before);
    expect([pass(false), pass(true), pass(true)]).toEqual([count, count, count]);
    expect(statistic.dataSync()).not.toEqual(before);
  });
});

describe('a tap that a deep network has not', () => {
  const deep = (): tfl.LayersModel =>
    chain('deep', ...Array.from({ length: 40 }, (_, at) => through(conv(`block${at}_out`, 2))));

  it('is refused with ten names: the nearest, then those before global pooling', async () => {
    const error = await caught(() => createNetwork(deep()).tapShape('block7_oud'));
    expect(error.hint).toMatch(/^Did you mean 'block7_out'\? Available: block7_out, .* and 32 more\.$/);
    for (const name of ['block39_out', 'block38_out', 'block37_out']) expect(error.hint).toContain(name);
    expect(error.message.length).toBeLessThan(350);
  });

  it('names the option that asked for it', async () => {
    const method = defineMethod<{ hint: string }>({
      name: 'hinted',
      defaults: { hint: 'block7_oud' },
      check: { hint: text },
      reads: ({ hint }) => ({ student: [hint] }),
      loss: (step) => ({ ce: { value: tf.sum(step.student.logits), weight: 1 } }),
    });
    const options = { method: method(), train: tinyDataset(6, 1), epochs: 1, batchSize: 3, seed: 1 };
    const error = await caught(() => distill({ students: [deep()], ...options }));
    expect(error.where).toBe("network 'deep', option 'hint' of method 'hinted'");
  });

  it("names the teacher's option where the student's has the same value", async () => {
    const method = defineMethod<{ studentTap: string; teacherTap: string }>({
      name: 'paired',
      defaults: { studentTap: 'block1_out', teacherTap: 'block1_out' },
      check: { studentTap: text, teacherTap: text },
      reads: ({ studentTap, teacherTap }) => ({ student: [studentTap], teacher: [teacherTap] }),
      loss: (step) => ({ ce: { value: tf.sum(step.student.logits), weight: 1 } }),
    });
    const options = { method: method(), train: tinyDataset(6, 1), epochs: 1, batchSize: 3, seed: 1 };
    const teacher = chain('other', through(conv('only_out', 2)));
    const error = await caught(() => distill({ teacher, students: [deep()], ...options }));
    expect(error.where).toBe("network 'other', option 'teacherTap' of method 'paired'");
  });
});

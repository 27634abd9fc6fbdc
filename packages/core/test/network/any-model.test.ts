import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import {
  arrayDataset,
  checkpoints,
  createNetwork,
  createRandom,
  distill,
  expectGradients,
  expectTrainable,
  freeze,
  kd,
  memoryStore,
  probabilityWarning,
  seedWeights,
  student,
} from '@distilljs/core';
import type { Callback, Network } from '@distilljs/core';
import { weightBytes } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

/* Models as users bring them, and what must come out. Images are 2×2×1 unless said otherwise. */

const { layers } = tfl;
const on = (layer: tfl.layers.Layer, x: SymbolicTensor): SymbolicTensor => layer.apply(x) as SymbolicTensor;
const sequence = (...list: tfl.layers.Layer[]): LayersModel => tfl.sequential({ name: 'm', layers: list });
const flatten = (shape = [2, 2, 1]): tfl.layers.Layer => layers.flatten({ inputShape: shape });
const ones = { kernelInitializer: 'ones', recurrentInitializer: 'ones', biasInitializer: 'zeros' } as const;
const images = (values: number[], shape = [1, 2, 2, 1]): tf.Tensor4D => tf.tensor4d(values, shape as never);
const training = (network: Network, x: tf.Tensor4D, seed = 1): tf.Tensor =>
  network.forward(x, { training: true, random: createRandom(seed) }).logits;

class Square extends tfl.layers.Layer {
  static readonly className = 'SquareOfItsOwn';
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.square((x as tf.Tensor[])[0] as tf.Tensor);
  }
}

class Broken extends tfl.layers.Layer {
  static readonly className = 'Broken';
  override call(): tf.Tensor {
    throw new Error('no such thing');
  }
}

class Noise extends tfl.layers.Layer {
  static readonly className = 'NoiseOfItsOwn';
  override call(x: tf.Tensor | tf.Tensor[], { training: on }: { training?: boolean }): tf.Tensor {
    const [value] = x as [tf.Tensor];
    return on === true ? tf.add(value, tf.randomNormal(value.shape)) : tf.add(value, 0);
  }
}

class Soft extends tfl.layers.Layer {
  static readonly className = 'SoftOfItsOwn';
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.softmax((x as tf.Tensor[])[0] as tf.Tensor);
  }
}

/** tfjs has no gradient of this operation. */
class Sorted extends tfl.layers.Layer {
  static readonly className = 'SortedOfItsOwn';
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [value] = x as [tf.Tensor];
    return tf.topk(value, value.shape.at(-1)).values;
  }
}

describeOn(REPRODUCIBLE, 'a layer of one’s own', () => {
  it('gets its inputs as an array, as from tfjs', () => {
    const network = createNetwork(sequence(flatten(), new Square({}), layers.dense({ units: 3, ...ones })));
    const x = images([1, 2, 3, 4]);
    for (const each of [network, freeze(network)]) expectClose(each.forward(x).logits, [30, 30, 30], 1e-4);
    expectGradients(network, x);
  });

  /** tfjs's class of a layer, to be inherited from. */
  const classOf = (layer: tfl.layers.Layer): new (config: object) => tfl.layers.Layer =>
    layer.constructor as new (config: object) => tfl.layers.Layer;
  const doubled = (layer: tfl.layers.Layer): new (config: object) => tfl.layers.Layer =>
    class extends classOf(layer) {
      override call(...given: Parameters<tfl.layers.Layer['call']>): tf.Tensor {
        return tf.mul(super.call(...given) as tf.Tensor, 2);
      }
    };
  const { layers: made } = tfl;
  it.each<[string, () => tfl.layers.Layer[]]>([
    [
      'Dense, with a ReLU behind it',
      () => [new (doubled(made.dense({ units: 1 })))({ units: 2 }), made.reLU()],
    ],
    [
      'Conv2D, with batch norm behind it',
      () => [
        new (doubled(made.conv2d({ filters: 1, kernelSize: 1 })))({
          filters: 2,
          kernelSize: 1,
          useBias: false,
        }),
        made.batchNormalization(),
      ],
    ],
    ['ReLU', () => [new (doubled(made.reLU()))({})]],
    ['LayerNormalization', () => [new (doubled(made.layerNormalization()))({})]],
    [
      'Softmax, at the end',
      () => [made.flatten(), made.dense({ units: 3 }), new (doubled(made.softmax()))({})],
    ],
  ])('is run as it is, though its class inherits the name of %s', (_, make) => {
    const model = tfl.sequential({ layers: [made.inputLayer({ inputShape: [4, 4, 2] }), ...make()] });
    if (model.outputs[0]?.shape.length !== 2) {
      model.add(made.flatten());
      model.add(made.dense({ units: 3 }));
    }
    const network = createNetwork(model);
    const x = tf.randomNormal<tf.Rank.R4>([2, 4, 4, 2], 0, 1, 'float32', 5);
    expectClose(network.forward(x).logits.dataSync(), (model.predict(x) as tf.Tensor).dataSync(), 1e-5);
    expectClose(
      freeze(network).forward(x).logits.dataSync(),
      (model.predict(x) as tf.Tensor).dataSync(),
      1e-5,
    );
    const trained = model.apply(x, { training: true }) as tf.Tensor;
    expectClose(
      network.forward(x, { training: true, moveStatistics: false }).logits.dataSync(),
      trained.dataSync(),
      1e-4,
    );
  });

  it('is named when it throws', async () => {
    const model = sequence(flatten(), new Broken({ name: 'mine' }), layers.dense({ units: 3 }));
    const network = createNetwork(model);
    for (const each of [network, freeze(network)]) {
      const error = await caught(() => each.forward(images([1, 2, 3, 4])));
      expect(error.message).toMatch(/network 'm', layer 'mine' \(Broken\): expected .* got "no such thing"/);
    }
  });

  it('that draws unseeded numbers is refused as a student', async () => {
    const model = sequence(flatten(), new Noise({ name: 'mine' }), layers.dense({ units: 3 }));
    const network = createNetwork(model);
    const error = await caught(() => {
      expectGradients(network, images([1, 2, 3, 4]));
    });
    expect(error.message).toMatch(/layer 'mine' \(NoiseOfItsOwn\): expected randomness that the run seeds/);
    freeze(network).forward(images([1, 2, 3, 4]));
  });
});

describeOn(REPRODUCIBLE, 'masks', () => {
  it('reach a recurrent layer', () => {
    const model = sequence(
      layers.reshape({ inputShape: [2, 3, 1], targetShape: [3, 2] }),
      layers.masking({ maskValue: 0 }),
      layers.simpleRNN({ units: 2, ...ones }),
      layers.dense({ units: 2, kernelInitializer: 'ones' }),
    );
    const network = createNetwork(model);
    const x = images([0.1, 0.1, 0.2, 0.2, 0, 0], [1, 2, 3, 1]);
    // h1 = tanh(0.2), h2 = tanh(0.4 + 2 h1) = 0.6611; the third step is masked, and the dense layer adds both units.
    for (const each of [network, freeze(network)])
      expectClose(each.forward(x).logits, [1.3222, 1.3222], 5e-5);
  });
});

const softmaxEnds: Record<string, () => LayersModel> = {
  'an activation and a reshape': () =>
    sequence(
      flatten(),
      layers.dense({ units: 3, kernelInitializer: 'ones', activation: 'softmax' }),
      layers.reshape({ targetShape: [3] }),
    ),
  'a layer, dropout, permute and flatten': () =>
    sequence(
      flatten(),
      layers.dense({ units: 3 }),
      layers.softmax(),
      layers.dropout({ rate: 0.3 }),
      layers.reshape({ targetShape: [1, 3] }),
      layers.permute({ dims: [2, 1] }),
      layers.flatten(),
      layers.activation({ activation: 'linear' }),
    ),
  'a convolution and pooling of one position': () =>
    sequence(
      layers.conv2d({ inputShape: [2, 2, 1], filters: 3, kernelSize: 2, activation: 'softmax' }),
      layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
    ),
  'the end of a nested model': () => {
    const input = tfl.input({ shape: [2, 2, 1] });
    const inner = sequence(
      flatten(),
      layers.dense({ units: 3 }),
      layers.activation({ activation: 'softmax' }),
    );
    return tfl.model({ inputs: input, outputs: on(layers.dropout({ rate: 0.1 }), on(inner, input)) });
  },
};

describeOn(REPRODUCIBLE, 'a softmax at the end', () => {
  it.each(Object.entries(softmaxEnds))('of a teacher is left out: %s', (_, build) => {
    const model = build();
    // The first class gets 9 for an image of ones, the others 0.
    for (const weight of model.weights as unknown as { val: tf.Variable }[])
      weight.val.assign(
        tf.tensor(
          Array.from({ length: weight.val.size }, (_, at) =>
            weight.val.rank > 1 && at % 3 === 0 ? 9 / 4 : 0,
          ),
          weight.val.shape,
        ),
      );
    const network = createNetwork(model);
    const x = images([1, 1, 1, 1]);
    for (const each of [network, freeze(network)]) {
      const { logits } = each.forward(x);
      expectClose(logits, [9, 0, 0], 1e-5);
      expectClose(tf.softmax(tf.div(logits, 4)), [0.8259, 0.087, 0.087], 1e-4);
      expectClose(tf.softmax(logits), model.predict(x) as tf.Tensor, 1e-5);
    }
  });

  it.each(Object.entries(softmaxEnds))('of a student is refused: %s', async (_, build) => {
    const network = createNetwork(build());
    for (const train of [
      () => {
        expectTrainable(network);
      },
      () => training(network, images([1, 1, 1, 1])),
    ])
      expect((await caught(train)).message).toMatch(
        /expected logits \(no softmax\) as the output, got a softmax/,
      );
  });

  it('that core cannot see is warned of, and read as log p when the options say so', async () => {
    const build = (): LayersModel =>
      sequence(flatten(), layers.dense({ units: 3, kernelInitializer: 'zeros' }), new Soft({}));
    const x = images([1, 1, 1, 1]);
    const unknown = freeze(createNetwork(build()));
    expect(await probabilityWarning(unknown, x)).toMatch(/teacher 'm' look like probabilities.*logitsFrom/);
    const told = freeze(createNetwork(build(), { logitsFrom: 'softmax' }));
    expect(await probabilityWarning(told, x)).toBeUndefined();
    expectClose(told.forward(x).logits, new Array<number>(3).fill(Math.log(1 / 3)), 1e-5);
    expect(await told.fingerprint()).not.toBe(await unknown.fingerprint());
  });

  it('inside a wrapper asks for logitsFrom', async () => {
    const build = (): LayersModel =>
      sequence(
        layers.reshape({ inputShape: [2, 2, 1], targetShape: [1, 4] }),
        layers.timeDistributed({ layer: layers.dense({ units: 3, activation: 'softmax' }) }),
        layers.flatten(),
      );
    const error = await caught(() => createNetwork(build()));
    expect(error.message).toMatch(
      /got a softmax output\. For a teacher, say createNetwork\(model, \{ logitsFrom: 'softmax' \}\)/,
    );
    expect(createNetwork(build(), { logitsFrom: 'softmax' }).classes).toBe(3);
  });
});

describeOn(REPRODUCIBLE, 'what is frozen', () => {
  it('keeps the moving statistics of batch norm, and uses them', () => {
    const model = sequence(
      flatten(),
      layers.batchNormalization({ trainable: false, center: false, scale: false, epsilon: 0 }),
      layers.dense({ units: 3, kernelInitializer: 'ones' }),
    );
    const network = createNetwork(model);
    const x = images([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]);
    // Mean 0 and variance 1: the values themselves.
    expectClose(training(network, x), [10, 10, 10, 26, 26, 26], 1e-4);
    for (const [name, statistic] of Object.entries(network.statistics))
      expectClose(statistic, new Array<number>(4).fill(name.endsWith('mean') ? 0 : 1), 0, name);
    expectGradients(network, x);
  });

  it('takes the axis as a list of one, as Keras saves it', () => {
    const model = sequence(
      layers.batchNormalization({
        ...{ inputShape: [2, 1, 2], trainable: false, axis: [3] as unknown as number, epsilon: 0 },
        gammaInitializer: 'ones',
      }),
      layers.flatten(),
      layers.dense({ units: 3, kernelInitializer: 'ones' }),
    );
    const network = createNetwork(model);
    expectClose(training(network, images([1, 2, 3, 4], [1, 2, 1, 2])), [10, 10, 10], 1e-4);
  });

  it('is what a model around it says, however far out', () => {
    const block = (shape: number[], layer: tfl.layers.Layer): LayersModel => {
      const input = tfl.input({ shape });
      return tfl.model({ inputs: input, outputs: on(layer, input) });
    };
    const inner = block(
      [2, 2, 1],
      block([2, 2, 1], layers.conv2d({ name: 'conv', filters: 2, kernelSize: 1 })),
    );
    inner.trainable = false;
    const input = tfl.input({ shape: [2, 2, 1] });
    const build = (): LayersModel =>
      tfl.model({
        inputs: input,
        outputs: on(layers.dense({ name: 'logits', units: 3 }), on(layers.flatten(), on(inner, input))),
      });
    const network = createNetwork(build());
    expect(Object.keys(network.variables)).toEqual(['logits/kernel', 'logits/bias']);
    expect(network.parameters).toBe(8 * 3 + 3);
    expect(freeze(network).parameters).toBe(8 * 3 + 3 + 2 + 2);
  });

  it('is an error of its own when it is everything', async () => {
    const model = sequence(flatten(), layers.dense({ units: 3 }));
    model.trainable = false;
    const error = await caught(() => {
      expectTrainable(createNetwork(model));
    });
    expect(error.message).toMatch(
      /model 'm': expected a student with weights that learn, got only frozen layers/,
    );
  });
});

describeOn(REPRODUCIBLE, 'a teacher only has to be readable', () => {
  it('with a regularizer, a constraint, noise and batch norm over rows', () => {
    const model = sequence(
      layers.conv2d({
        inputShape: [2, 2, 1],
        filters: 2,
        kernelSize: 1,
        kernelRegularizer: 'l1l2',
        kernelConstraint: 'nonNeg',
      }),
      layers.gaussianNoise({ stddev: 1 }),
      layers.batchNormalization({ axis: 1 }),
      layers.flatten(),
      layers.dense({ units: 3 }),
    );
    const x = images([1, 2, 3, 4]);
    expectClose(freeze(createNetwork(model)).forward(x).logits, model.predict(x) as tf.Tensor, 1e-5);
  });
});

const dropping: Record<string, () => tfl.layers.Layer[]> = {
  'dropout in a wrapper': () => [
    layers.timeDistributed({ layer: layers.dropout({ rate: 0.5 }) }),
    layers.flatten(),
  ],
  'a model with dropout in a wrapper': () => [
    layers.timeDistributed({
      layer: tfl.sequential({
        layers: [layers.dense({ units: 6, inputShape: [6] }), layers.dropout({ rate: 0.5 })],
      }),
    }),
    layers.flatten(),
  ],
  'a recurrent layer with dropout': () => [layers.lstm({ units: 4, dropout: 0.5, recurrentDropout: 0.5 })],
  'a cell with dropout': () => [layers.rnn({ cell: layers.gruCell({ units: 4, dropout: 0.5 }) })],
  'cells with dropout': () => [
    layers.rnn({
      cell: [
        layers.simpleRNNCell({ units: 4, dropout: 0.5 }),
        layers.simpleRNNCell({ units: 4, dropout: 0.5 }),
      ],
    }),
  ],
  'two directions with dropout': () => [
    layers.bidirectional({
      layer: layers.gru({ units: 4, recurrentDropout: 0.5 }),
      mergeMode: 'concat',
    }),
  ],
  'convolutional states with dropout': () => [
    layers.reshape({ targetShape: [2, 3, 2, 1] }),
    layers.convLstm2d({ filters: 2, kernelSize: 2, dropout: 0.5 }),
    layers.flatten(),
  ],
};

describeOn(REPRODUCIBLE, 'randomness inside layers', () => {
  it.each(Object.entries(dropping))('is that of the seed, and none in inference: %s', (_, make) => {
    const build = (): LayersModel => {
      const model = sequence(
        layers.reshape({ inputShape: [4, 3, 1], targetShape: [2, 6] }),
        ...make(),
        layers.dense({ units: 3 }),
      );
      seedWeights(model, createRandom(5));
      return model;
    };
    const random = createRandom(9);
    const x = images(
      Array.from({ length: 24 }, () => random.normal()),
      [2, 4, 3, 1],
    );
    const [one, other] = [createNetwork(build()), createNetwork(build())];
    const values = (network: Network, seed: number): number[] => [...training(network, x, seed).dataSync()];
    const first = values(one, 1);
    expect(values(other, 1)).toEqual(first);
    expect(values(one, 1)).toEqual(first);
    expect(values(one, 2)).not.toEqual(first);
    expectClose(one.forward(x).logits, other.model.predict(x) as tf.Tensor, 1e-5);
    expectClose(one.forward(x).logits, one.model.predict(x) as tf.Tensor, 1e-5);
    // The first pass frees what predict keeps.
    const [before, after] = [0, 1].map(() => {
      tf.tidy(() => void training(one, x));
      return tf.memory().numTensors;
    });
    expect(after).toBe(before);
    expectGradients(one, x);
  });
});

describeOn(REPRODUCIBLE, 'a model that is built twice', () => {
  it('has one set of names, first weights and masks, named or not', () => {
    const build = (): Network => {
      const inner = tfl.sequential({
        layers: [layers.dense({ units: 4, inputShape: [4] }), layers.dropout({ rate: 0.5 })],
      });
      const model = tfl.sequential({
        layers: [flatten(), layers.dense({ units: 4 }), inner, layers.dense({ units: 3 })],
      });
      seedWeights(model, createRandom(1));
      return createNetwork(model);
    };
    const [one, other] = [build(), build()];
    expect(Object.keys(one.variables)).toEqual([
      ...['dense#1/kernel', 'dense#1/bias', 'model#1/dense#1/kernel', 'model#1/dense#1/bias'],
      ...['dense#2/kernel', 'dense#2/bias'],
    ]);
    expect(Object.keys(other.variables)).toEqual(Object.keys(one.variables));
    expect(weightBytes(other)).toEqual(weightBytes(one));
    const x = images([1, 2, 3, 4]);
    expect(training(other, x).dataSync()).toEqual(training(one, x).dataSync());
  });
});

describeOn(REPRODUCIBLE, 'a teacher that is built twice', () => {
  it('has one fingerprint with a functional model inside a wrapper, whose wiring names its layers', async () => {
    const build = (swapped: boolean): Promise<string> => {
      const rows = tfl.input({ shape: [2, 1] });
      const flat = on(layers.flatten(), rows);
      const wide = on(layers.dense({ units: 2, activation: 'relu' }), flat);
      const both = swapped ? [wide, flat] : [flat, wide];
      const outputs = layers.concatenate().apply(both) as SymbolicTensor;
      const inner: unknown = tfl.model({ inputs: rows, outputs });
      const model = sequence(
        layers.timeDistributed({ layer: inner as tfl.layers.Layer, inputShape: [2, 2, 1] }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      );
      model.setWeights(model.getWeights().map((weight) => tf.onesLike(weight)));
      return freeze(createNetwork(model)).fingerprint();
    };
    expect(await build(false)).toBe(await build(false));
    expect(await build(false)).not.toBe(await build(true));
  });

  it('has one fingerprint, whatever tfjs calls the layers inside its layers', async () => {
    const build = (activation: 'relu' | 'tanh'): Promise<string> => {
      const model = sequence(
        layers.reshape({ inputShape: [2, 2, 1], targetShape: [2, 2] }),
        layers.timeDistributed({ layer: layers.dense({ units: 3, activation }) }),
        layers.bidirectional({ layer: layers.gru({ units: 2 }), mergeMode: 'sum' }),
        layers.dense({ units: 3 }),
      );
      seedWeights(model, createRandom(1));
      return freeze(createNetwork(model)).fingerprint();
    };
    expect(await build('relu')).toBe(await build('relu'));
    expect(await build('relu')).not.toBe(await build('tanh'));
  });
});

describeOn(REPRODUCIBLE, 'recurrent layers with default initializers', () => {
  it('are built, and seeded with orthonormal kernels', () => {
    const model = sequence(
      layers.reshape({ inputShape: [2, 2, 1], targetShape: [2, 2] }),
      layers.bidirectional({
        layer: layers.lstm({ units: 3, unitForgetBias: true }),
        mergeMode: 'concat',
      }),
      layers.dense({ units: 3 }),
    );
    seedWeights(model, createRandom(1));
    const { variables } = createNetwork(model);
    const kernel = variables['bidirectional#1/recurrent_kernel'] as tf.Tensor2D;
    expect(kernel.shape).toEqual([3, 12]);
    expectClose(tf.matMul(kernel, kernel, false, true), tf.eye(3), 1e-6);
    expectClose(variables['bidirectional#1/bias'] as tf.Tensor, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0], 0);
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'the input of a network', () => {
  it.each<[string, () => LayersModel, string, string]>([
    [
      'rows',
      () => sequence(layers.conv1d({ inputShape: [2, 2], filters: 3, kernelSize: 2 }), layers.flatten()),
      '[*, 2, 2]',
      '[2, 2]',
    ],
    ['a vector', () => sequence(layers.dense({ inputShape: [784], units: 3 })), '[*, 784]', '[784]'],
  ])('must be images: %s', async (_, build, got, target) => {
    const error = await caught(() => createNetwork(build()));
    expect(error.code).toBe('network');
    expect(error.got).toBe(got);
    expect(error.hint).toBe(
      `Begin with tf.layers.reshape({ inputShape: [height, width, channels], targetShape: ${target} }).`,
    );
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'multiply-accumulates', () => {
  const first = { dataFormat: 'channelsFirst' } as const;
  const wrapped = layers.dense({ units: 5 });
  it.each<[string, number[], tfl.layers.Layer[], number]>([
    // 4 positions of the input × a kernel of 4, then 16 × 1.
    [
      'a transposed convolution',
      [2, 2, 1],
      [layers.conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2 })],
      16 + 16,
    ],
    // 3 steps of 4 gates: 2 inputs and 5 states each, for 5 units.
    [
      'an LSTM',
      [3, 2, 1],
      [layers.reshape({ targetShape: [3, 2] }), layers.lstm({ units: 5 })],
      3 * 4 * (2 + 5) * 5 + 5,
    ],
    [
      'two directions of a GRU',
      [3, 2, 1],
      [
        layers.reshape({ targetShape: [3, 2] }),
        layers.bidirectional({ layer: layers.gru({ units: 5 }), mergeMode: 'concat' }),
      ],
      2 * 3 * 3 * 7 * 5 + 10,
    ],
    // 3 channels of 5×6, 2 filters of 2×2: 4×5 positions.
    ['channels first', [3, 5, 6], [layers.conv2d({ filters: 2, kernelSize: 2, ...first })], 20 * 24 + 40],
    [
      'a dense layer over time',
      [3, 2, 1],
      [layers.reshape({ targetShape: [3, 2] }), layers.dense({ units: 5 })],
      30 + 15,
    ],
    [
      'the same in a wrapper',
      [3, 2, 1],
      [layers.reshape({ targetShape: [3, 2] }), layers.timeDistributed({ layer: wrapped })],
      30 + 15,
    ],
    // 2 steps, 2×2 positions of the state, 4 gates of 2 filters: 2×2 windows of 1 input and 2 states.
    [
      'a convolutional LSTM',
      [2, 3, 3],
      [layers.reshape({ targetShape: [2, 3, 3, 1] }), layers.convLstm2d({ filters: 2, kernelSize: 2 })],
      2 * 4 * (4 * 8 * (1 + 2)) + 8,
    ],
    [
      'a convolution over volumes',
      [3, 3, 3],
      [layers.reshape({ targetShape: [3, 3, 3, 1] }), layers.conv3d({ filters: 2, kernelSize: 2 })],
      8 * 16 + 16,
    ],
    [
      'a convolution over rows',
      [3, 2, 1],
      [layers.reshape({ targetShape: [3, 2] }), layers.conv1d({ filters: 4, kernelSize: 2 })],
      2 * 16 + 8,
    ],
  ])('%s', (_, shape, body, macs) => {
    const input = tfl.input({ shape });
    const y = body.reduce((x, layer) => on(layer, x), input);
    const flat = y.shape.length > 2 ? on(layers.flatten(), y) : y;
    const network = createNetwork(
      tfl.model({ inputs: input, outputs: on(layers.dense({ units: 1 }), flat) }),
    );
    expect(network.macs).toBe(macs);
  });
});

describeOn(REPRODUCIBLE, 'distillation', () => {
  const train = arrayDataset({
    images: Uint8Array.from({ length: 24 }, (_, at) => at * 10),
    labels: [0, 1, 2, 0, 1, 2],
    imageShape: [2, 2, 1],
    classes: 3,
  });
  const options = { train, epochs: 2, batchSize: 3, seed: 1 } as const;

  it('refuses before training what has no gradient, and names layer and operation', async () => {
    const build = sequence(
      flatten(),
      layers.dense({ units: 4 }),
      new Sorted({ name: 'sorted' }),
      layers.dense({ units: 3 }),
    );
    const before = tf.memory().numTensors;
    const error = await caught(() => distill({ ...options, students: [build], method: student() }));
    expect(tf.memory().numTensors).toBe(before);
    expect(error.code).toBe('network');
    expect(error.message).toMatch(/layer 'sorted' \(SortedOfItsOwn\): .* the operation TopK, which has none/);
  });

  it('warns about a student whose outputs look like probabilities', async () => {
    const model = sequence(flatten(), layers.dense({ units: 3 }), new Soft({}));
    const result = await distill({ ...options, method: student(), students: [createNetwork(model)] });
    expect(result.warnings).toEqual([expect.stringMatching(/students\[0\] 'm' look like probabilities/)]);
    result.dispose();
  });

  it.each<[string, () => tfl.layers.Layer[], string]>([
    ['a ReLU', () => [layers.dense({ units: 3, activation: 'relu' })], 'relu'],
    [
      'a ReLU layer and a reshape',
      () => [layers.dense({ units: 3 }), layers.reLU(), layers.reshape({ targetShape: [3] })],
      'relu',
    ],
    [
      'tanh in a nested model',
      () => [sequence(layers.dense({ units: 3, activation: 'tanh', inputShape: [4] }))],
      'tanh',
    ],
    [
      'ELU before dropout',
      () => [layers.dense({ units: 3 }), layers.elu(), layers.dropout({ rate: 0 })],
      'elu',
    ],
  ])('warns about a student whose logits end in %s', async (_, end, activation) => {
    const options_ = {
      ...options,
      method: student(),
      students: [createNetwork(sequence(flatten(), ...end()))],
    };
    const result = await distill(options_);
    expect(result.warnings).toEqual([
      `The logits of students[0] 'm' have gone through ${activation}, which limits them. Make the last layer linear: every loss applies softmax itself.`,
    ]);
    result.dispose();
  });

  it.each<[string, () => tfl.layers.Layer[]]>([
    [
      'a mean over positions after a ReLU, as SqueezeNet has it',
      () => [
        layers.reshape({ targetShape: [4, 1] }),
        layers.conv1d({ filters: 3, kernelSize: 1, activation: 'relu' }),
        layers.globalAveragePooling1d(),
      ],
    ],
    ['a leaky ReLU', () => [layers.dense({ units: 3 }), layers.leakyReLU()]],
  ])('does not warn about a student that ends in %s', async (_, end) => {
    const options_ = {
      ...options,
      method: student(),
      students: [createNetwork(sequence(flatten(), ...end()))],
    };
    const result = await distill(options_);
    expect(result.warnings).toEqual([]);
    result.dispose();
  });

  it('warns about a teacher whose outputs look like probabilities', async () => {
    const teacher = sequence(flatten(), layers.dense({ units: 3 }), new Soft({}));
    const warned: string[] = [];
    const result = await distill({
      ...{ ...options, teacher, method: kd() },
      students: [sequence(flatten(), layers.dense({ units: 3 }))],
      callbacks: [{ name: 'listener', warn: (message) => void warned.push(message) }],
    });
    expect(result.warnings).toEqual([expect.stringMatching(/look like probabilities/)]);
    expect(warned).toEqual(result.warnings);
  });

  it('is resumed with a model that is built anew, its layers unnamed', async () => {
    const build = (): LayersModel => {
      const model = tfl.sequential({
        layers: [
          flatten(),
          layers.dense({ units: 4 }),
          layers.dropout({ rate: 0.5 }),
          layers.dense({ units: 3 }),
        ],
      });
      seedWeights(model, createRandom(4));
      return model;
    };
    const aborting = new AbortController();
    const run = async (callbacks: readonly Callback[], signal?: AbortSignal): Promise<Uint8Array> =>
      weightBytes(
        (await distill({ ...options, students: [build()], method: student(), callbacks, signal })).student,
      );
    const whole = await run([]);
    const store = memoryStore();
    const stop: Callback = {
      name: 'stop',
      epoch: () => {
        aborting.abort();
      },
    };
    expect(await run([checkpoints(store), stop], aborting.signal)).not.toEqual(whole);
    expect(await run([checkpoints(store)])).toEqual(whole);
  });
});

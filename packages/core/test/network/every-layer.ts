import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';

/*
 * A model per way to use each layer class that tfjs-layers ships: 6×6×2 images, 3 classes, something that learns before
 * the layer and a dense layer after it. every-layer.test.ts fails for a class without an entry.
 */

type Symbolic = SymbolicTensor;
type Layer = tfl.layers.Layer;
const { layers } = tfl;

/** A way to use a layer, and what core refuses of it. */
export interface LayerCase {
  readonly build: () => LayersModel;
  /** Refused as a student, with a message like this. */
  readonly student?: RegExp;
  /** As `student` or `predict`, on this engine only. */
  readonly engines?: Readonly<Record<string, { readonly student?: RegExp; readonly predict?: RegExp }>>;
  /** Not even tfjs can run it, or not on this engine: what core says. */
  readonly predict?: RegExp;
  /** Refused as a teacher too. */
  readonly network?: RegExp;
  /** tfjs itself cannot train it, so that there is nothing to compare gradients with. */
  readonly untrainableInTfjs?: true;
  /** Differences say nothing: values of equal size under a maximum, or tfjs's own gradient is wrong. */
  readonly kinks?: true;
  /** Engines whose kernels are to be mended first. */
}

const on = (layer: Layer, ...x: Symbolic[]): Symbolic =>
  layer.apply(x.length === 1 ? (x[0] as Symbolic) : x) as Symbolic;
const outputs = (layer: Layer, ...x: Symbolic[]): Symbolic[] =>
  layer.apply(x.length === 1 ? (x[0] as Symbolic) : x) as Symbolic[];

/** A model around `body`, which is flattened where it must be. */
export function around(body: (x: Symbolic) => Symbolic, batch?: number): LayersModel {
  const input =
    batch === undefined ? tfl.input({ shape: [6, 6, 2] }) : tfl.input({ batchShape: [batch, 6, 6, 2] });
  const y = body(input);
  const flat = y.shape.length > 2 ? on(layers.flatten({ name: 'flat' }), y) : y;
  return tfl.model({
    inputs: input,
    outputs: on(layers.dense({ name: 'logits', units: 3 }), flat),
    name: 'm',
  });
}

const reshape = (...targetShape: number[]): Layer => layers.reshape({ targetShape });
/** `[6, 6, 4]`, from a layer that learns. */
const map = (x: Symbolic): Symbolic =>
  on(layers.conv2d({ name: 'before', filters: 4, kernelSize: 3, padding: 'same', activation: 'tanh' }), x);
/** `[6, 4]`, a vector for each of six time steps. */
const steps = (x: Symbolic): Symbolic =>
  on(layers.dense({ name: 'before', units: 4, activation: 'tanh' }), on(reshape(6, 12), x));
/** As {@link steps}, with a mask of the steps that are all zero. */
const masked = (x: Symbolic): Symbolic =>
  on(
    layers.dense({ name: 'before', units: 4, activation: 'tanh' }),
    on(layers.masking(), on(reshape(6, 12), x)),
  );
/** `[5]`. */
const vector = (x: Symbolic): Symbolic =>
  on(layers.dense({ name: 'before', units: 5, activation: 'tanh' }), on(layers.flatten(), x));
/** `[4, 3, 2, 3]`. */
const volume = (x: Symbolic): Symbolic =>
  on(layers.dense({ name: 'before', units: 3, activation: 'tanh' }), on(reshape(4, 3, 2, 3), x));
/** Three maps of 6×4 with two channels, one after the other. */
const film = (x: Symbolic): Symbolic =>
  on(layers.dense({ name: 'before', units: 2, activation: 'tanh' }), on(reshape(3, 6, 4, 1), x));

const after = (before: (x: Symbolic) => Symbolic, layer: () => Layer): LayerCase => ({
  build: () => around((x) => on(layer(), before(x))),
});
const twoOf = (make: () => Layer, before = map, join = on): LayerCase => ({
  build: () =>
    around((x) => {
      const y = before(x);
      return join(make(), y, on(layers.activation({ activation: 'sigmoid' }), y));
    }),
});
const refusedAs = (student: RegExp, given: LayerCase): LayerCase => ({ ...given, student });

const first = { dataFormat: 'channelsFirst' } as const;
const conv = { filters: 3, kernelSize: 2 } as const;
const units = { units: 3 } as const;

function recurrent(make: (options: object) => Layer): Record<string, LayerCase> {
  return {
    'the last state': after(steps, () => make({})),
    sequences: after(steps, () => make({ returnSequences: true })),
    backwards: after(steps, () => make({ goBackwards: true, returnSequences: true })),
    'without bias, sigmoid': after(steps, () => make({ useBias: false, activation: 'sigmoid' })),
    masked: after(masked, () => make({})),
    'masked sequences, backwards': after(masked, () => make({ goBackwards: true, returnSequences: true })),
    'two, the second with the mask of the first': {
      build: () => around((x) => on(make({}), on(make({ returnSequences: true }), masked(x)))),
    },
    'with its states as outputs': {
      build: () => around((x) => on(layers.concatenate(), ...outputs(make({ returnState: true }), steps(x)))),
    },
    'from the states of another': {
      build: () =>
        around((x) => {
          const [, ...states] = outputs(make({ returnState: true }), steps(x));
          return on(make({}), on(reshape(6, 12), x), ...states);
        }),
    },
    frozen: after(steps, () => make({ trainable: false })),
    stateful: {
      build: () => around((x) => on(make({ stateful: true }), steps(x)), 4),
      network: /expected an output that is a function of the input, got a stateful/,
    },
  };
}

const cellKinds = {
  SimpleRNNCell: () => layers.simpleRNNCell(units),
  GRUCell: () => layers.gruCell(units),
  LSTMCell: () => layers.lstmCell(units),
} as const;

const mapValues = (
  ways: Record<string, LayerCase>,
  change: (given: LayerCase) => LayerCase,
): Record<string, LayerCase> =>
  Object.fromEntries(Object.entries(ways).map(([way, given]) => [way, change(given)]));

function pooling(make: (options: object) => Layer, before: (x: Symbolic) => Symbolic, channels = true) {
  return {
    valid: after(before, () => make({ poolSize: 2 })),
    'same, strides 1': after(before, () => make({ poolSize: 2, strides: 1, padding: 'same' })),
    'a window of three with strides 2': after(before, () =>
      make({ poolSize: 3, strides: 2, padding: 'same' }),
    ),
    ...(channels ? { 'channels first': after(before, () => make({ poolSize: 2, ...first })) } : {}),
  };
}

const nested = (name: string): LayersModel => {
  const input = tfl.input({ shape: [6, 6, 2] });
  const inner = on(layers.conv2d({ ...conv, padding: 'same', filters: 2, activation: 'tanh' }), input);
  return tfl.model({ inputs: input, outputs: inner, name });
};

const sequential = (): LayersModel =>
  tfl.sequential({
    layers: [
      layers.dense({ units: 3, inputShape: [4], activation: 'tanh' }),
      layers.batchNormalization({ momentum: 0.5 }),
      layers.dense({ units: 2 }),
    ],
  });

const cases: Record<string, Record<string, LayerCase>> = {
  InputLayer: {
    'whole numbers': {
      build: () => {
        const input = tfl.input({ shape: [6, 6, 2], dtype: 'int32' });
        const y = on(layers.embedding({ inputDim: 9, outputDim: 2 }), on(layers.flatten(), input));
        return tfl.model({ inputs: input, outputs: on(layers.dense(units), on(layers.flatten(), y)) });
      },
    },
  },
  Model: {
    'applied twice': {
      build: () =>
        around((x) => {
          const inner = nested('block');
          return on(inner, on(inner, x));
        }),
    },
    'with a mask inside and none outside': {
      build: () =>
        around((x) => {
          const input = tfl.input({ shape: [6, 6, 2] });
          const inner = tfl.model({
            inputs: input,
            outputs: on(layers.simpleRNN({ ...units, returnSequences: true }), masked(input)),
          });
          return on(layers.lstm(units), on(inner, x));
        }),
    },
    'with a mask outside and none inside': {
      build: () =>
        around((x) => {
          const input = tfl.input({ shape: [6, 4] });
          const inner = tfl.model({
            inputs: input,
            outputs: on(layers.gru({ ...units, returnSequences: true }), input),
          });
          return on(layers.lstm(units), on(inner, masked(x)));
        }),
    },
    'with two inputs and two outputs': {
      build: () =>
        around((x) => {
          const [a, b] = [tfl.input({ shape: [6, 4] }), tfl.input({ shape: [5] })];
          const inner = tfl.model({
            inputs: [a, b],
            outputs: [on(layers.lstm(units), a), on(layers.dense(units), b)],
          });
          const other = on(layers.dense({ units: 5 }), on(layers.flatten(), x));
          return on(layers.concatenate(), ...outputs(inner, masked(x), other));
        }),
    },
    'that hands its input on': {
      build: () =>
        around((x) => {
          const input = tfl.input({ shape: [6, 4] });
          return on(layers.lstm(units), on(tfl.model({ inputs: input, outputs: input }), masked(x)));
        }),
    },
  },
  Functional: {
    nested: {
      build: () =>
        around((x) => {
          const entry = tf.serialization.SerializationMap.getMap().classNameMap['Functional'];
          const Functional = entry?.[0] as unknown as new (args: object) => LayersModel;
          const input = tfl.input({ shape: [6, 6, 2] });
          return on(new Functional({ inputs: input, outputs: map(input), name: 'inner' }), x);
        }),
    },
  },
  Sequential: {
    nested: after(vector, () =>
      tfl.sequential({ layers: [layers.dense({ units: 3, inputShape: [5], activation: 'tanh' })] }),
    ),
    'with a model first': {
      build: () => {
        const model = tfl.sequential({ layers: [] });
        model.add(nested('block'));
        model.add(layers.flatten());
        model.add(layers.dense(units));
        return model;
      },
    },
  },
  ReLU: {
    plain: after(map, () => layers.reLU()),
    'up to 0.3': after(map, () => layers.reLU({ maxValue: 0.3 })),
  },
  LeakyReLU: { plain: after(map, () => layers.leakyReLU({ alpha: 0.2 })) },
  PReLU: {
    'per value': after(map, () => layers.prelu({})),
    'shared over positions': after(map, () => layers.prelu({ sharedAxes: [1, 2] })),
  },
  ELU: { plain: after(map, () => layers.elu()) },
  ThresholdedReLU: {
    plain: {
      ...after(map, () => layers.thresholdedReLU({ theta: 0.2 })),
      ...{ untrainableInTfjs: true, kinks: true },
    },
  },
  Softmax: {
    'of a vector': after(vector, () => layers.softmax()),
    'over the channels': after(map, () => layers.softmax({ axis: -1 })),
    'over rows': {
      ...after(steps, () => layers.softmax({ axis: 1 })),
      predict: /\(Softmax\): expected a layer that runs .*Softmax along a non-last dimension/,
    },
  },
  Conv1D: {
    valid: after(steps, () => layers.conv1d(conv)),
    'same, strides 2': after(steps, () => layers.conv1d({ ...conv, padding: 'same', strides: 2 })),
    dilated: after(steps, () => layers.conv1d({ ...conv, dilationRate: 2 })),
    causal: {
      ...after(steps, () => layers.conv1d({ ...conv, padding: 'causal' })),
      predict: /\(Conv1D\): expected a layer that runs .*CAUSAL/,
    },
  },
  Conv2D: {
    'without bias': after(map, () => layers.conv2d({ ...conv, useBias: false })),
    'with an activation': after(map, () => layers.conv2d({ ...conv, activation: 'sigmoid' })),
    'same, strides 2, relu': after(map, () =>
      layers.conv2d({ ...conv, padding: 'same', strides: 2, activation: 'relu' }),
    ),
    dilated: { ...after(map, () => layers.conv2d({ ...conv, dilationRate: 2 })), untrainableInTfjs: true },
    'dilated without bias': {
      ...after(map, () => layers.conv2d({ ...conv, dilationRate: 2, useBias: false })),
      untrainableInTfjs: true,
    },
    'dilated, channels first, with an activation': {
      ...after(map, () => layers.conv2d({ ...conv, ...first, dilationRate: 2, activation: 'tanh' })),
      untrainableInTfjs: true,
    },
    'channels first': after(map, () => layers.conv2d({ ...conv, ...first })),
    'window of 3×1, strides 1×2': after(map, () =>
      layers.conv2d({ filters: 3, kernelSize: [3, 1], strides: [1, 2] }),
    ),
  },
  Conv3D: {
    valid: after(volume, () => layers.conv3d(conv)),
    'same, strides 2': after(volume, () => layers.conv3d({ ...conv, padding: 'same', strides: 2 })),
    'channels first': after(volume, () => layers.conv3d({ ...conv, ...first })),
  },
  Conv2DTranspose: {
    valid: after(map, () => layers.conv2dTranspose(conv)),
    'same, strides 2': after(map, () => layers.conv2dTranspose({ ...conv, padding: 'same', strides: 2 })),
    'channels first': after(map, () => layers.conv2dTranspose({ ...conv, ...first })),
  },
  Conv3DTranspose: {
    valid: refusedAs(
      /\(Conv3DTranspose\): .* the operation Conv3DBackpropInputV2/,
      after(volume, () => layers.conv3dTranspose(conv)),
    ),
    'same, strides 2': refusedAs(
      /\(Conv3DTranspose\): .* the operation Conv3DBackpropInputV2/,
      after(volume, () => layers.conv3dTranspose({ ...conv, padding: 'same', strides: 2 })),
    ),
  },
  SeparableConv2D: {
    valid: after(map, () => layers.separableConv2d(conv)),
    'same, strides 2, two outputs per channel': after(map, () =>
      layers.separableConv2d({ ...conv, padding: 'same', strides: 2, depthMultiplier: 2, useBias: false }),
    ),
    dilated: after(map, () => layers.separableConv2d({ ...conv, dilationRate: 2 })),
  },
  Cropping2D: {
    plain: after(map, () =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
    ),
    'channels first': after(map, () =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
        ...first,
      }),
    ),
  },
  UpSampling2D: {
    nearest: after(map, () => layers.upSampling2d({ size: [2, 3] })),
    bilinear: after(map, () => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })),
    'bilinear, of a map that is not square': after(
      (x) =>
        on(
          layers.cropping2D({
            cropping: [
              [1, 0],
              [0, 3],
            ],
          }),
          map(x),
        ),
      () => layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' }),
    ),
    'channels first': after(map, () => layers.upSampling2d({ size: [2, 2], ...first })),
  },
  DepthwiseConv2D: {
    'two outputs per channel': after(map, () =>
      layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }),
    ),
    'same, strides 2, relu': after(map, () =>
      layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', strides: 2, activation: 'relu' }),
    ),
    dilated: after(map, () => layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2 })),
    'channels first': after(map, () => layers.depthwiseConv2d({ kernelSize: 2, ...first })),
  },
  ...Object.fromEntries(
    Object.entries(cellKinds).map(([name, make]) => [
      name,
      recurrent((options) => layers.rnn({ cell: make(), ...options })),
    ]),
  ),
  RNN: {
    'a list of cells': after(steps, () =>
      layers.rnn({ cell: [layers.gruCell({ units: 2 }), layers.lstmCell(units)], returnSequences: true }),
    ),
  },
  StackedRNNCells: {
    plain: after(masked, () =>
      layers.rnn({
        cell: layers.stackedRNNCells({ cells: [layers.simpleRNNCell({ units: 2 }), layers.lstmCell(units)] }),
      }),
    ),
  },
  SimpleRNN: recurrent((options) => layers.simpleRNN({ ...units, ...options })),
  GRU: recurrent((options) => layers.gru({ ...units, ...options })),
  LSTM: recurrent((options) => layers.lstm({ ...units, ...options })),
  // tfjs-layers exports no layer that takes it but this one.
  ConvLSTM2DCell: { 'in its layer': after(film, () => layers.convLstm2d({ ...conv, useBias: false })) },
  ConvLSTM2D: {
    valid: after(film, () => layers.convLstm2d(conv)),
    'same, sequences, backwards': after(film, () =>
      layers.convLstm2d({ ...conv, padding: 'same', returnSequences: true, goBackwards: true }),
    ),
    'channels first': {
      engines: {
        wasm: {
          predict: /\(ConvLSTM2D\): expected a layer that runs .*does not support dataFormat:'channelsFirst'/,
        },
      },
      build: () =>
        around((x) =>
          on(layers.convLstm2d({ ...conv, ...first }), on(layers.permute({ dims: [1, 4, 2, 3] }), film(x))),
        ),
    },
  },
  Dropout: { 'a rate of 0': after(map, () => layers.dropout({ rate: 0 })) },
  SpatialDropout1D: { 'a rate of 0': after(steps, () => layers.spatialDropout1d({ rate: 0 })) },
  Dense: {
    'of a vector': after(vector, () => layers.dense({ ...units, activation: 'softplus' })),
    'over time': after(steps, () => layers.dense({ ...units, useBias: false })),
    'over a map, relu': after(map, () => layers.dense({ ...units, activation: 'relu' })),
    'one for two inputs': {
      build: () =>
        around((x) => {
          const shared = layers.dense({ ...units, activation: 'tanh' });
          return on(
            layers.add(),
            on(shared, vector(x)),
            on(shared, on(layers.dense({ units: 5 }), on(layers.flatten(), x))),
          );
        }),
    },
  },
  Flatten: {
    plain: after(map, () => layers.flatten()),
    'channels first': after(map, () => layers.flatten(first)),
  },
  Activation: Object.fromEntries(
    [
      ...[
        'elu',
        'hardSigmoid',
        'linear',
        'relu',
        'relu6',
        'selu',
        'sigmoid',
        'softmax',
        'softplus',
        'softsign',
      ],
      ...['tanh', 'swish', 'mish', 'gelu', 'gelu_new', 'logSoftmax'],
    ].map((activation) => [
      activation,
      after(map, () => layers.activation({ activation: activation as never })),
    ]),
  ),
  RepeatVector: { plain: after(vector, () => layers.repeatVector({ n: 3 })) },
  Reshape: {
    'one axis open': {
      build: () => around((x) => on(layers.lstm(units), on(reshape(-1, 8), map(x)))),
    },
    plain: after(map, () => reshape(4, 36)),
  },
  Permute: { plain: after(map, () => layers.permute({ dims: [3, 1, 2] })) },
  Masking: {
    'before a layer that reads it': after(masked, () => layers.lstm({ ...units, returnSequences: true })),
    'lost at a reshape, handed on by tfjs all the same': {
      build: () =>
        around((x) =>
          on(layers.gru(units), on(reshape(6, 4), on(layers.activation({ activation: 'tanh' }), masked(x)))),
        ),
    },
    'through normalization, dropout and addition': {
      build: () =>
        around((x) => {
          const y = masked(x);
          const z = on(layers.dropout({ rate: 0 }), on(layers.layerNormalization(), y));
          return on(layers.lstm(units), on(layers.reLU(), on(layers.batchNormalization(), z)));
        }),
    },
    'of another value, after something that learns': {
      untrainableInTfjs: true,
      build: () => around((x) => on(layers.lstm(units), on(layers.masking({ maskValue: 1 }), steps(x)))),
    },
  },
  Embedding: {
    plain: {
      build: () => around((x) => on(layers.embedding({ inputDim: 9, outputDim: 3 }), on(reshape(72), x))),
    },
    'zeros masked': {
      build: () =>
        around((x) =>
          on(
            layers.lstm(units),
            on(layers.embedding({ inputDim: 9, outputDim: 3, maskZero: true }), on(reshape(72), x)),
          ),
        ),
    },
  },
  Add: { two: twoOf(() => layers.add()), 'with a mask': twoOf(() => layers.add(), masked) },
  Multiply: { two: twoOf(() => layers.multiply()) },
  Average: { two: twoOf(() => layers.average()) },
  Maximum: { two: twoOf(() => layers.maximum()) },
  Minimum: { two: twoOf(() => layers.minimum()) },
  Concatenate: {
    'over the channels': twoOf(() => layers.concatenate()),
    'over rows': twoOf(() => layers.concatenate({ axis: 1 })),
  },
  Dot: {
    vectors: twoOf(() => layers.dot({ axes: 1 }), vector),
    'matrices, normalized': twoOf(() => layers.dot({ axes: [2, 2], normalize: true }), steps),
  },
  GaussianNoise: {
    plain: refusedAs(
      /unseeded GaussianNoise/,
      after(map, () => layers.gaussianNoise({ stddev: 0.5 })),
    ),
  },
  GaussianDropout: {
    plain: refusedAs(
      /unseeded GaussianDropout/,
      after(map, () => layers.gaussianDropout({ rate: 0.5 })),
    ),
  },
  AlphaDropout: {
    plain: refusedAs(
      /unseeded AlphaDropout/,
      after(map, () => layers.alphaDropout({ rate: 0.5 })),
    ),
  },
  BatchNormalization: {
    'of a map': after(map, () => layers.batchNormalization({ momentum: 0.5 })),
    'of a vector': after(vector, () => layers.batchNormalization({ epsilon: 0.1 })),
    'over time': after(steps, () => layers.batchNormalization()),
    'without scale': {
      ...after(map, () => layers.batchNormalization({ scale: false })),
      untrainableInTfjs: true,
    },
    'without centre': {
      ...after(map, () => layers.batchNormalization({ center: false })),
      untrainableInTfjs: true,
    },
    'of a vector, without both': {
      ...after(vector, () => layers.batchNormalization({ scale: false, center: false })),
      untrainableInTfjs: true,
    },
    'over time, frozen, without scale': {
      ...after(steps, () => layers.batchNormalization({ scale: false, trainable: false })),
      untrainableInTfjs: true,
    },
    'over rows': refusedAs(
      /batch norm over the last axis/,
      after(map, () => layers.batchNormalization({ axis: 1 })),
    ),
  },
  LayerNormalization: {
    plain: after(map, () => layers.layerNormalization()),
    'over two axes, without centre': {
      ...after(map, () => layers.layerNormalization({ axis: [2, 3], center: false })),
      untrainableInTfjs: true,
    },
    'of a vector, without scale': {
      ...after(vector, () => layers.layerNormalization({ scale: false })),
      untrainableInTfjs: true,
    },
    'without scale and centre': {
      ...after(map, () => layers.layerNormalization({ scale: false, center: false, epsilon: 0.1 })),
      untrainableInTfjs: true,
    },
    'over rows': after(map, () => layers.layerNormalization({ axis: 1 })),
    'over time, without scale': {
      ...after(steps, () => layers.layerNormalization({ axis: [1, 2], scale: false })),
      untrainableInTfjs: true,
    },
  },
  ZeroPadding2D: {
    uneven: after(map, () =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
    ),
    'channels first': after(map, () => layers.zeroPadding2d({ padding: 1, ...first })),
  },
  MaxPooling1D: pooling((options) => layers.maxPooling1d(options), steps, false),
  AveragePooling1D: mapValues(
    pooling((options) => layers.averagePooling1d(options), steps, false),
    (given) => ({ ...given, kinks: true }),
  ),
  MaxPooling2D: pooling((options) => layers.maxPooling2d(options), map),
  AveragePooling2D: mapValues(
    pooling((options) => layers.averagePooling2d(options), map),
    (given) => ({ ...given, kinks: true }),
  ),
  MaxPooling3D: mapValues(
    pooling((options) => layers.maxPooling3d(options), volume),
    (given) => given,
  ),
  AveragePooling3D: mapValues(
    pooling((options) => layers.averagePooling3d(options), volume),
    (given) => ({ ...given, kinks: true }),
  ),
  GlobalAveragePooling1D: { plain: after(steps, () => layers.globalAveragePooling1d()) },
  GlobalMaxPooling1D: { plain: after(steps, () => layers.globalMaxPooling1d()) },
  GlobalAveragePooling2D: {
    plain: after(map, () => layers.globalAveragePooling2d({ dataFormat: 'channelsLast' })),
    'channels first': after(map, () => layers.globalAveragePooling2d(first)),
  },
  GlobalMaxPooling2D: {
    plain: after(map, () => layers.globalMaxPooling2d({ dataFormat: 'channelsLast' })),
    'channels first': { ...after(map, () => layers.globalMaxPooling2d(first)), kinks: true },
  },
  TimeDistributed: {
    dense: after(steps, () =>
      layers.timeDistributed({ layer: layers.dense({ ...units, activation: 'tanh' }) }),
    ),
    convolution: after(film, () => layers.timeDistributed({ layer: layers.conv2d(conv) })),
    'batch norm': after(film, () =>
      layers.timeDistributed({ layer: layers.batchNormalization({ momentum: 0.5 }) }),
    ),
    'a model with batch norm': after(steps, () => layers.timeDistributed({ layer: sequential() })),
    'layer norm without centre': {
      ...after(film, () => layers.timeDistributed({ layer: layers.layerNormalization({ center: false }) })),
      untrainableInTfjs: true,
    },
    'before a recurrent layer, masked': {
      build: () =>
        around((x) =>
          on(layers.lstm(units), on(layers.timeDistributed({ layer: layers.dense(units) }), masked(x))),
        ),
    },
    'a model of its own': after(film, () =>
      layers.timeDistributed({
        layer: tfl.sequential({
          layers: [
            layers.conv2d({ ...conv, inputShape: [6, 4, 2] }),
            layers.dropout({ rate: 0 }),
            layers.flatten(),
          ],
        }),
      }),
    ),
  },
  Bidirectional: {
    ...Object.fromEntries(
      (['concat', 'sum', 'mul', 'ave'] as const).flatMap((mergeMode) =>
        [true, false].map((returnSequences) => [
          `${mergeMode}, ${returnSequences ? 'sequences' : 'the last state'}`,
          after(steps, () =>
            layers.bidirectional({ layer: layers.lstm({ ...units, returnSequences }), mergeMode }),
          ),
        ]),
      ),
    ),
    'both outputs': {
      build: () =>
        around((x) =>
          on(
            layers.concatenate(),
            ...outputs(
              layers.bidirectional({ layer: layers.gru(units), mergeMode: null as never }),
              steps(x),
            ),
          ),
        ),
    },
    masked: after(masked, () =>
      layers.bidirectional({
        layer: layers.gru({ ...units, returnSequences: true }),
        mergeMode: 'concat',
      }),
    ),
  },
  Rescaling: { plain: after(map, () => layers.rescaling({ scale: 2, offset: -1 })) },
  CenterCrop: {
    'of a map': refusedAs(
      /\(CenterCrop\): .* the operation CropAndResize/,
      after(map, () => layers.centerCrop({ height: 4, width: 3 })),
    ),
  },
  CategoryEncoding: {
    'of the images': {
      build: () =>
        around((x) =>
          on(
            layers.categoryEncoding({ numTokens: 9, outputMode: 'multiHot' }),
            on(layers.activation({ activation: 'relu' }), on(layers.flatten(), x)),
          ),
        ),
    },
  },
  Resizing: {
    plain: {
      ...after(map, () => layers.resizing({ height: 9, width: 4 })),
      predict: /\(Resizing\): expected a layer that runs /,
    },
  },
  RandomWidth: {
    plain: {
      build: () => {
        const input = tfl.input({ shape: [6, 6, 2] });
        return tfl.model({ inputs: input, outputs: on(layers.randomWidth({ factor: 0.5 }), map(input)) });
      },
      network: /expected an output that is a function of the input, got RandomWidth/,
    },
  },
};

/** Every class of tfjs-layers' registry that is a layer. */
export const layerClasses: readonly string[] = Object.entries(
  tf.serialization.SerializationMap.getMap().classNameMap,
)
  .filter(([, [kind]]) => (kind as unknown as { prototype: unknown }).prototype instanceof tfl.layers.Layer)
  .map(([name]) => name);

export const layerCases: Readonly<Record<string, Readonly<Record<string, LayerCase>>>> = cases;

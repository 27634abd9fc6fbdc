import * as tfl from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import {
  asNetwork,
  createNetwork,
  createRandom,
  expectTrainable,
  freeze,
  resolveEngine,
  seedWeights,
} from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { bn, chain, conv, through } from './small-models.js';

const { layers } = tfl;

beforeAll(async () => {
  await resolveEngine('cpu');
});

function withInputs(count: number): LayersModel {
  const inputs = Array.from({ length: count }, () => tfl.input({ shape: [4] }));
  const joined = layers.concatenate({ name: 'joined' }).apply(inputs) as SymbolicTensor;
  return tfl.model({
    inputs,
    outputs: layers.dense({ units: 3 }).apply(joined) as SymbolicTensor,
    name: 'wide',
  });
}

function endingIn(...last: readonly tfl.layers.Layer[]): LayersModel {
  return tfl.sequential({ name: 'ends', layers: [layers.flatten({ inputShape: [6, 6, 2] }), ...last] });
}

/** A layer on sequences, and a classifier behind it. */
function sequence(layer: tfl.layers.Layer): LayersModel {
  const input = tfl.input({ shape: [3, 4, 1] });
  const steps = layers.reshape({ targetShape: [3, 4] }).apply(input);
  const flat = layers.flatten().apply(layer.apply(steps)) as SymbolicTensor;
  return tfl.model({
    inputs: input,
    outputs: layers.dense({ units: 3, name: 'logits' }).apply(flat) as SymbolicTensor,
    name: 'sequence',
  });
}

const refused: Readonly<Record<string, readonly [() => LayersModel, RegExp]>> = {
  'several inputs': [
    () => withInputs(2),
    /^model 'wide': expected one input and one output .*got 2 inputs and 1 outputs/,
  ],
  'a wrapper whose own trainable tfjs drops': [
    () =>
      sequence(
        layers.timeDistributed({
          name: 'wrapped',
          layer: layers.dense({ units: 2 }),
          trainable: false,
        }),
      ),
    /^model 'sequence', layer 'wrapped': expected trainable: false to be kept, got a layer inside that trains\. .*set it on the layer inside/,
  ],
  'a bidirectional layer of that kind, in a model of its own': [
    () =>
      sequence(
        tfl.sequential({
          name: 'inner',
          layers: [
            layers.bidirectional({
              ...{ name: 'both', layer: layers.lstm({ units: 2, returnSequences: true }) },
              ...{ trainable: false, mergeMode: 'concat', inputShape: [3, 4] },
            } as never),
          ],
        }),
      ),
    /layer '(?:inner\/)?both': expected trainable: false to be kept/,
  ],
  'a recurrent layer that was unfrozen without its cell': [
    () => {
      const recurrent = layers.gru({ name: 'gru', units: 2, returnSequences: true, trainable: false });
      const model = sequence(recurrent);
      recurrent.trainable = true;
      return model;
    },
    /layer 'gru': expected trainable: true to reach its cell, got a cell that is frozen\. .*layer\.cell\.trainable = true/,
  ],
  'several outputs': [
    () => {
      const input = tfl.input({ shape: [4] });
      const heads = [1, 2].map(() => layers.dense({ units: 3 }).apply(input) as SymbolicTensor);
      return tfl.model({ inputs: input, outputs: heads, name: 'forked' });
    },
    /^model 'forked': .*got 1 inputs and 2 outputs/,
  ],
  'a softmax within the last layer': [
    () => endingIn(layers.dense({ name: 'last', units: 3, activation: 'softmax' })),
    /^model 'ends', layer 'last': expected logits \(no softmax\) as the output, got a softmax output\. Make the last layer linear/,
  ],
  'a softmax layer at the end': [
    () => endingIn(layers.dense({ units: 3 }), layers.softmax({ name: 'last' })),
    /layer 'last': .*got a softmax output/,
  ],
  'a softmax activation at the end': [
    () => endingIn(layers.dense({ units: 3 }), layers.activation({ name: 'last', activation: 'softmax' })),
    /layer 'last': .*got a softmax output/,
  ],
  'a sigmoid at the end': [
    () => endingIn(layers.dense({ name: 'last', units: 3, activation: 'sigmoid' })),
    /layer 'last': .*got a sigmoid output/,
  ],
  'a softmax at the end of a nested model': [
    () => {
      const input = tfl.input({ shape: [6, 6, 2] });
      const inner = endingIn(layers.dense({ name: 'last', units: 3, activation: 'softmax' }));
      return tfl.model({ inputs: input, outputs: inner.apply(input) as SymbolicTensor });
    },
    /layer 'ends\/last': .*got a softmax output/,
  ],
  'a map instead of logits': [
    () =>
      tfl.sequential({
        layers: [layers.conv2d({ name: 'last', filters: 3, kernelSize: 3, inputShape: [6, 6, 2] })],
      }),
    /layer 'last': expected logits of shape \[batch, classes\] as the output, got \[\*, 4, 4, 3\]/,
  ],
  'a regularizer': [
    () => chain('m', through(conv('conv', 4, { kernelRegularizer: tfl.regularizers.l2() }))),
    /layer 'conv': expected no regularizer .*Use weightDecay of the optimizer instead/,
  ],
  'a kernel constraint': [
    () =>
      chain('m', through(conv('conv', 4, { kernelConstraint: tfl.constraints.maxNorm({ maxValue: 1 }) }))),
    /layer 'conv': expected no weight constraint .*got MaxNorm on 'kernel'/,
  ],
  'a constraint of batch norm': [
    () => chain('m', through(conv('conv', 4)), through(bn('bn', { gammaConstraint: 'nonNeg' }))),
    /layer 'bn': expected no weight constraint .*got NonNeg on 'gamma'/,
  ],
  'a constraint of a depthwise kernel': [
    () =>
      chain(
        'm',
        through(layers.depthwiseConv2d({ name: 'conv', kernelSize: 3, depthwiseConstraint: 'unitNorm' })),
      ),
    /layer 'conv': expected no weight constraint .*got UnitNorm on 'depthwise_kernel'/,
  ],
  'batch norm over rows': [
    () => chain('m', through(conv('conv', 4)), through(bn('bn', { axis: 1 }))),
    /layer 'bn': expected batch norm over the last axis \(NHWC\), got axis 1 of 4\. Build the model with channels last/,
  ],
  'batch norm whose momentum is no share': [
    () => chain('m', through(conv('conv', 4)), through(bn('bn', { momentum: 1.5 }))),
    /layer 'bn': expected batch norm with a momentum from 0 to 1, got 1\.5\. /,
  ],
  'a type of values that tfjs does not have': [
    () => {
      const input = tfl.input({ shape: [4], name: 'images', dtype: 'float16' as 'float32' });
      const outputs = layers.dense({ units: 3 }).apply(input) as SymbolicTensor;
      return tfl.model({ inputs: input, outputs, name: 'half' });
    },
    /^model 'half', layer 'images': expected values of type float32, int32 or bool, got "float16"\. .* without mixed precision/,
  ],
  'noise without a seed': [
    () => chain('m', through(layers.gaussianNoise({ name: 'noise', stddev: 1 }))),
    /layer 'noise': expected randomness that the run seeds, got an unseeded GaussianNoise layer/,
  ],
};

describe('a student is refused with', () => {
  it.each(Object.entries(refused))('%s', async (_, [build, message]) => {
    const error = await caught(() => {
      expectTrainable(createNetwork(build()));
    });
    expect(error.code).toBe('network');
    expect(error.message).toMatch(message);
  });
});

describe('createNetwork takes', () => {
  it.each<[string, () => LayersModel]>([
    [
      'batch norm over the last axis by its number',
      () => chain('m', through(conv('conv', 4)), through(bn('bn', { axis: 3 }))),
    ],
    [
      'batch norm over the units of a dense layer',
      () => endingIn(layers.dense({ units: 4 }), bn('bn', { axis: 1 }), layers.dense({ units: 3 })),
    ],
    [
      'a softmax in the middle',
      () => endingIn(layers.dense({ units: 4, activation: 'softmax' }), layers.dense({ units: 3 })),
    ],
  ])('%s', (_, build) => {
    expect(createNetwork(build()).classes).toBe(3);
  });

  it('a sigmoid that is said to be a softmax', async () => {
    const model = endingIn(layers.dense({ name: 'last', units: 3, activation: 'sigmoid' }));
    const error = await caught(() => createNetwork(model, { logitsFrom: 'softmax' }));
    expect(error.message).toMatch(/layer 'last': .*got a sigmoid output/);
  });

  it('options that are an object of a class, or of one that inherits them', () => {
    class Named {
      readonly name = 'own';
    }
    const inherited = Object.create({ name: 'own' }) as object;
    for (const options of [new Named(), inherited])
      expect(createNetwork(chain('m', through(conv('conv', 4))), options).name).toBe('own');
  });
});

describe('createNetwork refuses', () => {
  it.each<[string, unknown, string]>([
    ['no options', null, 'createNetwork: expected an object of options, got null.'],
    [
      'an option that does not exist',
      { tap: {} },
      "createNetwork: expected a known option, got 'tap'. Did you mean 'taps'?",
    ],
    [
      'another word for what the output is',
      { logitsFrom: 'probabilities' },
      'createNetwork.logitsFrom: expected one of "output", "softmax", got "probabilities".',
    ],
  ])('%s', async (_, options, message) => {
    const build = (): unknown => createNetwork(chain('m', through(conv('conv', 4))), options as object);
    expect((await caught(build)).message).toContain(message);
  });
});

it('an output of open size is shown as it is', async () => {
  const model = tfl.sequential({
    layers: [layers.conv2d({ name: 'last', inputShape: [null, null, 1], filters: 3, kernelSize: 1 })],
  });
  expect((await caught(() => createNetwork(model))).message).toMatch(/layer 'last'.*got \[\*, \*, \*, 3\]\./);
});

describe('what is no model or network is refused by', () => {
  const network = (): unknown => createNetwork(chain('m', through(conv('conv', 4))));
  it.each<[string, (given: never) => unknown, string]>([
    ['createNetwork', (given) => createNetwork(given), 'model: expected a tfjs LayersModel, got '],
    [
      'seedWeights',
      (given) => {
        seedWeights(given, createRandom(1));
      },
      'model: expected a tfjs LayersModel, got ',
    ],
    ['freeze', (given) => freeze(given), 'freeze: expected a network, got '],
  ])('%s', async (_, call, message) => {
    const told = async (given: unknown): Promise<string> =>
      (await caught(() => call(given as never))).message;
    for (const given of [undefined, null, 'file://model', {}, layers.dense({ units: 3 })])
      expect(await told(given)).toContain(message);
    expect(await told(Promise.resolve({}))).toBe(`${message}a promise. Write \`await\` before it.`);
  });

  it('asNetwork without a name for the place', async () => {
    expect((await caught(() => asNetwork(undefined as never))).message).toMatch(
      /^network: expected a network \(createNetwork\) or a tfjs LayersModel, got nothing\./,
    );
  });

  it('with the way out', async () => {
    expect((await caught(() => createNetwork(network() as never))).message).toMatch(
      /A network has its model as `network\.model`\.$/,
    );
    const bare = chain('m', through(conv('conv', 4)));
    expect((await caught(() => freeze(bare as never))).message).toMatch(
      /Make one of a model: `freeze\(createNetwork\(model\)\)`\.$/,
    );
  });
});

describe('asNetwork', () => {
  it('takes a network as it is and wraps a model', () => {
    const model = chain('m', through(conv('conv', 4)));
    const network = createNetwork(model);
    expect(asNetwork(network, 'students[0]')).toBe(network);
    expect(asNetwork(model, 'students[0]').model).toBe(model);
  });

  it.each([[{}], [{ predict: () => 0 }], [undefined], [null], ['file://model']])(
    'refuses %j',
    async (given) => {
      const error = await caught(() => asNetwork(given as never, 'students[0]'));
      expect(error.code).toBe('option');
      expect(error.message).toMatch(
        /^students\[0\]: expected a network \(createNetwork\) or a tfjs LayersModel, got /,
      );
    },
  );
});

describe('trainable', () => {
  const learns = (model: LayersModel): readonly string[] => Object.keys(createNetwork(model).variables);
  const head = ['logits/kernel', 'logits/bias'];
  const steps = { units: 2, returnSequences: true };

  it.each<readonly [string, () => tfl.layers.Layer, (layer: tfl.layers.Layer) => void]>([
    [
      'of the layer in a wrapper',
      () => layers.timeDistributed({ layer: layers.dense({ units: 2, trainable: false }) }),
      () => undefined,
    ],
    [
      'of a wrapper, set after building',
      () => layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
      (layer) => (layer.trainable = false),
    ],
    [
      'of the layer in a bidirectional one',
      () =>
        layers.bidirectional({
          layer: layers.lstm({ ...steps, trainable: false }),
          mergeMode: 'sum',
        }),
      () => undefined,
    ],
    [
      'of a bidirectional layer, set after building',
      () => layers.bidirectional({ layer: layers.gru(steps), mergeMode: 'sum' }),
      (layer) => (layer.trainable = false),
    ],
    [
      'of a cell',
      () => layers.rnn({ cell: layers.lstmCell({ units: 2, trainable: false }), returnSequences: true }),
      () => undefined,
    ],
    [
      'of a recurrent layer, set after building',
      () => layers.lstm(steps),
      (layer) => (layer.trainable = false),
    ],
    [
      'of a model within, set after building',
      () => tfl.sequential({ layers: [layers.dense({ units: 2, inputShape: [3, 4] })] }),
      (layer) => (layer.trainable = false),
    ],
  ])('%s is kept: only the rest learns', (_, make, freezeIt) => {
    const layer = make();
    const model = sequence(layer);
    freezeIt(layer);
    expect(learns(model)).toEqual(head);
    expect(() => {
      expectTrainable(createNetwork(model));
    }).not.toThrow();
  });

  it.each([true, false])('changed since the network was made is refused: it was %j', async (was) => {
    const dense = layers.dense({ units: 2, name: 'dense', inputShape: [72] });
    const model = endingIn(tfl.sequential({ name: 'inner', layers: [dense] }), layers.dense({ units: 3 }));
    dense.trainable = was;
    const network = createNetwork(model);
    model.getLayer('inner').trainable = !was;
    dense.trainable = !was;
    const error = await caught(() => {
      expectTrainable(network);
    });
    expect(error.message).toBe(
      `model 'ends', layer 'inner/dense': expected the \`trainable\` that it had when its network was made, got ${!was}. Set it before \`createNetwork(model)\`.`,
    );
    expect(() => {
      expectTrainable(createNetwork(model));
    }).not.toThrow();
  });
});

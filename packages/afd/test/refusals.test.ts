import { createNetwork, distill, freeze, isDistillError } from '@distilljs/core';
import type { FrozenNetwork, Method, Network } from '@distilljs/core';
import { describeOnEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { expect, it } from 'vitest';
import { afd, afdOffline, dml, featureL1 } from '../src/index.js';
import { cohort } from './plan-terms.js';

interface Refused {
  readonly method: Method;
  readonly students: readonly Network[];
  readonly teacher?: FrozenNetwork;
  readonly batchSize?: number;
}

async function refusalOf({ method, students, teacher, batchSize = 12 }: Refused): Promise<unknown> {
  const train = tinyDataset(12, 1);
  return distill({ students, teacher, method, train, epochs: 1, batchSize, seed: 1 }).catch(
    (thrown: unknown) => thrown,
  );
}

it.each([
  [
    afd({ networks: 3 }),
    2,
    /method 'afd', students: expected 3 networks, .*got 2\. Pass 3 .* networks: 2\.$/,
  ],
  [afd(), 1, /method 'afd', students: expected 2 networks, .*got 1\. Pass 2 students to distill\(\)\.$/],
  [dml({ networks: 4 }), 2, /method 'dml', students: expected 4 networks/],
  [afd({ tap: ['stage3'] }), 2, /method 'afd', tap: expected one name for all, or 2, one per .*, got 1/],
  [
    afd({ tap: 'embedding' }),
    2,
    /students\[0\]: tap 'embedding' of .*: expected a feature map .*Tap a convolutional layer/,
  ],
  [
    afd({ discriminatorKernels: [2, 1] }),
    2,
    /method 'afd', discriminatorKernels and .*: expected sizes that turn a map of 3×3 .* 2×2 scores/,
  ],
] as const)('%o is refused for %d students', async (method, students, message) => {
  const error = await refusalOf({ method, students: cohort(students) });
  expect(isDistillError(error)).toBe(true);
  expect(String(error)).toMatch(message);
});

it('a batch in which a discriminator’s batch norm sees one value is refused', async () => {
  const one = (kernel: number): Promise<unknown> =>
    refusalOf({
      method: afd({ discriminatorKernels: [kernel, 'auto'] }),
      students: cohort(2),
      batchSize: 1,
    });
  const error = await one(3);
  expect(isDistillError(error)).toBe(true);
  expect(String(error)).toMatch(/method 'afd', batchSize: expected at least 2, .* map of 3×3, got 1/);
  expect(await one(2)).toMatchObject({ history: [{}] });
});

/** `pool` has no weight before it; `stage3` is 1×1. */
function pooledFirst(filters: number): Network {
  return createNetwork(
    sequential({
      layers: [
        layers.averagePooling2d({ name: 'pool', inputShape: [6, 6, 2], poolSize: 3 }),
        layers.conv2d({ name: 'stage3', filters, kernelSize: 2, activation: 'relu' }),
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
    }),
  );
}

it('a map that no trained weight comes before is refused: there is no extractor to move', async () => {
  const students = [pooledFirst(2), pooledFirst(2)];
  const error = await refusalOf({ method: afd({ tap: 'pool' }), students });
  expect(isDistillError(error)).toBe(true);
  expect(String(error)).toMatch(
    /students\[0\] .* tap 'pool': expected a feature map that depends on trained/,
  );
});

/** tfjs has no gradient of this operation. */
class Sorted extends layers.Layer {
  static readonly className = 'SortedOfItsOwn';
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [value] = x as [tf.Tensor];
    return tf.topk(value, value.shape.at(-1)).values;
  }
}

it('a layer without gradient is named, as with any other method', async () => {
  const make = (): Network =>
    createNetwork(
      sequential({
        layers: [
          layers.conv2d({ name: 'stage3', inputShape: [6, 6, 2], filters: 2, kernelSize: 3 }),
          new Sorted({ name: 'sorted' }),
          layers.flatten(),
          layers.dense({ units: 3 }),
        ],
      }),
    );
  const error = await refusalOf({ method: afd({ tap: 'sorted' }), students: [make(), make()] });
  expect(error).toMatchObject({ code: 'network' });
  expect(String(error)).toContain("layer 'sorted' (SortedOfItsOwn): expected a layer that gradients pass");
});

it('transfer layers of 1×1 maps need two images in a batch; single images and one channel are fine without', async () => {
  const refused = await refusalOf({
    method: featureL1(),
    students: [pooledFirst(2), pooledFirst(3)],
    batchSize: 1,
  });
  expect(String(refused)).toMatch(/method 'feature-l1', batchSize: expected at least 2, .*1×1, got 1/);
  const [one, two] = [() => [pooledFirst(1), pooledFirst(1)], () => [pooledFirst(1), pooledFirst(3)]];
  expect(await refusalOf({ method: featureL1(), students: one(), batchSize: 1 })).toMatchObject({
    history: [{}],
  });
  expect(await refusalOf({ method: featureL1(), students: two(), batchSize: 2 })).toMatchObject({
    history: [{}],
  });
  expect(await refusalOf({ method: afd(), students: two(), batchSize: 2 })).toMatchObject({ history: [{}] });
});

it.each([
  [() => dml({ networks: 1e9 }), /dml\.networks: expected a whole number, .* at most 64, got 1000000000/],
  [() => afd({ discriminatorWidth: 1e9 }), /afd\.discriminatorWidth: .* at most 4096, got 1000000000/],
  [() => featureL1({ commonWidth: 1e9 }), /feature-l1\.commonWidth: .* at most 4096, got 1000000000/],
])('sizes that no machine holds are refused before anything is made', (make, message) => {
  expect(make).toThrow(message);
});

await describeOnEngines('a refused plan', () => {
  it.each([
    ['afd of unlike widths', afd({ discriminatorKernels: [2, 1] }), 2],
    ['afd of two taps, one unknown', afd({ tap: ['stage3', 'stage4'] }), 2],
    ['feature-l1 of two taps, one no map', featureL1({ tap: ['stage3', 'embedding'] }), 2],
    ['afd-offline of unlike widths', afdOffline({ discriminatorKernels: [2, 1] }), 1],
    ['afd-offline without such a tap', afdOffline({ studentTap: 'stage4' }), 1],
  ] as const)('leaves no tensor: %s', async (_, method, count) => {
    const students = [2, 3].slice(0, count).map((width) => tinyNetwork(width, { width }));
    const teacher = freeze(tinyNetwork(9, { width: 4 }));
    const before = tf.memory().numTensors;
    expect(isDistillError(await refusalOf({ method, students, teacher }))).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
    for (const network of [...students, teacher]) network.dispose();
  });
});

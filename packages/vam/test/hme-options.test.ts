import { createNetwork, resolveEngine } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import { hmePaper, hmeReleased, kdExplainer, readExperts, vamLayers, withVam } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

const IMAGES = { imageShape: [8, 8, 3], classes: 3 } as const;

beforeAll(() => resolveEngine('cpu'));

describe.each([
  ['hmePaper', hmePaper],
  ['hmeReleased', hmeReleased],
] as const)('%s', (owner, build) => {
  it.each<[object, RegExp]>([
    [{ ...IMAGES, head: 'softmax' }, /\.head: expected one of "binary", "nce", "one_logit", got "softmax"/],
    [{ ...IMAGES, classes: 0 }, /\.classes: expected a whole number, at least 2 and at most 1000, got 0/],
    [
      { classes: 3 },
      /\.imageShape: expected a list, each entry a whole number, at least 1 and at most 8192, got nothing/,
    ],
    [{ ...IMAGES, imageShape: [8, 8] }, /\.imageShape: expected a list of 3 whole numbers above 0/],
    [{ ...IMAGES, haed: 'nce' }, /expected a known option, got 'haed'/],
  ])('refuses %o', (given, message) => {
    expect(() => build(given as never)).toThrow(message);
    expect(() => build(given as never)).toThrow(owner);
  });
});

it.each<[object, RegExp]>([
  [{ widths: [] }, /hmePaper\.widths: expected a list of 2 to 16 whole numbers/],
  [{ widths: [8] }, /hmePaper\.widths: expected a list of 2 to 16 whole numbers/],
  [{ blocks: 0 }, /hmePaper\.blocks: expected a whole number, at least 1/],
  [{ experts: 1e9 }, /hmePaper\.experts: .* at most 64, got 1000000000/],
  [{ classes: 1e9 }, /hmePaper\.classes: .* at most 1000, got 1000000000/],
  [{ imageShape: [1e9, 8, 3] }, /hmePaper\.imageShape: .* at most 8192/],
  [{ widths: [4, 1e9] }, /hmePaper\.widths: .* at most 8192/],
])('hmePaper refuses %o', (given, message) => {
  expect(() => hmePaper({ ...IMAGES, ...given })).toThrow(message);
});

it('hmeReleased refuses images that its poolings leave nothing of', () => {
  expect(() => hmeReleased({ ...IMAGES, imageShape: [4, 8, 3] })).toThrow(/images of at least 8×8/);
});

it('experts can attend inside their convolutions, too, and only the Θ between them is theirs', async () => {
  const plain = hmePaper({ ...IMAGES, experts: 2, widths: [4, 4, 4], blocks: 1 });
  const student: Network = createNetwork(withVam(plain, { blockSize: 2 }));
  plain.dispose();
  const plan = await kdExplainer().plan({ students: [student], epochs: 2, batchSize: 4 } as never);
  const [search, retrain] = plan.phases.map(({ updates }) => updates[0]);
  const between = readExperts(student.model).levels.map(({ theta }): unknown => theta);
  const inside = vamLayers(student.model).map(({ layer }): unknown => layer.theta);
  expect(inside.length).toBeGreaterThan(4);
  const retrained = Object.values<unknown>(retrain?.variables ?? {});
  expect(between.filter((theta) => retrained.includes(theta))).toEqual([]);
  expect(inside.every((theta) => retrained.includes(theta))).toBe(true);

  // The rate of Θ between experts is 0 in the first epoch, that of everything else is not.
  const thetas = (): Float32Array[] =>
    [...between, ...inside].map((theta) => (theta as tf.Variable).dataSync().slice() as Float32Array);
  const before = thetas();
  const optimizer = search?.optimizer.create(student.variables);
  const gradients = tf.tidy(() =>
    Object.fromEntries(
      Object.entries(student.variables).map(([name, variable]) => [name, tf.keep(tf.onesLike(variable))]),
    ),
  );
  optimizer?.apply(gradients, { epoch: 0, epochs: 10 });
  thetas().forEach((theta, at) => {
    if (at < between.length) expect(theta).toEqual(before[at]);
    else expect(theta).not.toEqual(before[at]);
  });
  optimizer?.dispose();
  tf.dispose(gradients);
  student.dispose();
});

import * as tf from '@tensorflow/tfjs-core';
import {
  arrayDataset,
  askTeacher,
  createRandom,
  distill,
  evaluate,
  freeze,
  kd,
  matchClasses,
  teacherFrom,
} from '@distilljs/core';
import type { DistillOptions, ForeignAnswer, ForeignImages, FrozenNetwork } from '@distilljs/core';
import { testEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';

const size = 24;
const options: Omit<DistillOptions, 'teacher' | 'students'> = {
  method: kd(),
  train: tinyDataset(size, 1),
  epochs: 2,
  batchSize: 8,
  seed: 3,
};

/** A tfjs network behind a function that answers by promise and counts what it is asked. */
function behindPromise(inner: FrozenNetwork): { teacher: FrozenNetwork; asked: { images: number } } {
  const asked = { images: 0 };
  const teacher = teacherFrom(
    async ({ values, shape }, taps) => {
      asked.images += shape[0];
      const images = tf.tensor4d(values, [...shape]);
      const output = inner.forward(images, taps);
      const answer = {
        logits: await output.logits.data(),
        taps: Object.fromEntries(taps.map((tap) => [tap, tf.clone(output.tap(tap))])),
      };
      tf.dispose([images, output.logits, ...taps.map((tap) => output.tap(tap))]);
      return answer;
    },
    { classes: 3, imageShape: [6, 6, 2], taps: { stage1: [6, 6, 2] }, version: '1' },
  );
  return { teacher, asked };
}

describeOn(await testEngines(), 'a teacher that answers by promise', () => {
  it('teaches as the same network inside the step does', async () => {
    const losses = async (teacher: FrozenNetwork): Promise<number[]> => {
      const student = tinyNetwork(2, { width: 2 });
      const result = await distill({ ...options, teacher, students: [student] });
      const values = result.history.map(({ terms }) => terms['kd']?.value ?? NaN);
      result.dispose();
      student.dispose();
      return values;
    };
    const inner = freeze(tinyNetwork(1, { width: 2 }));
    const { teacher } = behindPromise(inner);
    expectClose(await losses(teacher), await losses(inner), 1e-5);
  });

  it('leaves no tensor behind, and is evaluated like any other', async () => {
    const inner = freeze(tinyNetwork(1, { width: 2 }));
    const { teacher } = behindPromise(inner);
    const data = tinyDataset(10, 2);
    const normalization = { mean: [0.4, 0.4], std: [0.2, 0.2] };
    const wanted = await evaluate(inner, data, normalization);
    const images = tf.randomUniform<tf.Rank.R4>([2, 6, 6, 2]);
    // What the network inside keeps for these taps.
    tf.dispose(tf.tidy(() => inner.forward(images, ['stage1']).logits));
    const before = tf.memory().numTensors;
    const found = await evaluate(teacher, data, normalization);
    expect(found.accuracy).toBe(wanted.accuracy);
    (await askTeacher(teacher, images, ['stage1'])).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'a teacher that answers by promise', () => {
  it('is called once per image and view with cached outputs', async () => {
    const { teacher, asked } = behindPromise(freeze(tinyNetwork(1, { width: 2 })));
    const result = await distill({
      ...options,
      epochs: 4,
      teacher,
      students: [tinyNetwork(2)],
      teacherOutputs: { kind: 'cached', views: 2 },
    });
    result.dispose();
    // And two images before training, to see whether its logits are probabilities.
    expect(asked.images).toBe(2 * size + 2);
  });

  it('may be an HTTP service', async () => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { values, shape } = JSON.parse(Buffer.concat(chunks).toString()) as {
          values: number[];
          shape: number[];
        };
        const each = values.length / (shape[0] ?? 1);
        const logits = Array.from({ length: shape[0] ?? 0 }, (_, row) =>
          [0, 1, 2].map((at) => values[row * each + at] ?? 0),
        );
        response.end(JSON.stringify(logits));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const teacher = teacherFrom(
      async ({ values, shape }) => {
        const body = JSON.stringify({ values: [...values], shape });
        const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body });
        return (await answer.json()) as number[][];
      },
      { classes: 3, imageShape: [6, 6, 2] },
    );
    try {
      const images = tf.randomUniform<tf.Rank.R4>([2, 6, 6, 2]);
      const { logits } = await askTeacher(teacher, images);
      expectClose(logits, tf.slice(tf.reshape(images, [2, -1]), [0, 0], [2, 3]), 1e-6);
      expect(await teacher.fingerprint()).toBe(await teacher.fingerprint());
    } finally {
      server.close();
    }
  });

  const row = (values: readonly number[], { shape: [batch] }: ForeignImages): number[] =>
    Array.from({ length: batch }, (_, image) => values.map((value) => value + image)).flat();
  it.each([
    ['too few logits', (images: ForeignImages) => row([1, 2], images), 'shape [2, 3], got 4 numbers'],
    ['a shape of its own', () => tf.ones([3, 2]), 'shape [2, 3], got [3, 2]'],
    ['NaN', (images: ForeignImages) => row([1, NaN, 2], images), 'finite numbers, got NaN for image 0'],
    ['the same for all images', () => [1, 2, 3, 1, 2, 3], 'the same 3 numbers for all 2 images'],
    ['no numbers', () => ({ scores: [1] }) as unknown as ForeignAnswer, 'numbers of shape [2, 3]'],
    ['rows of other lengths', () => [[1, 2, 3], [1]], 'numbers of shape [2, 3]'],
    ['no tap', (images: ForeignImages) => row([1, 2, 3], images), "tap 'embedding': expected numbers"],
    [
      'a tap too short after one that is right',
      (images: ForeignImages) => ({
        logits: row([1, 2, 3], images),
        taps: { embedding: row([1, 2, 3, 4], images), map: [1] },
      }),
      "tap 'map': expected numbers",
    ],
    ['an error', () => Promise.reject(new Error('no connection')), 'no connection'],
  ] as const)('is refused for %s', async (_, answer, words) => {
    const teacher = teacherFrom(answer, {
      classes: 3,
      imageShape: [6, 6, 2],
      taps: { embedding: [4], map: [2] },
    });
    const before = tf.memory().numTensors;
    const random = createRandom(1);
    const images = tf.tensor4d(
      Float32Array.from({ length: 144 }, () => random.uniform()),
      [2, 6, 6, 2],
    );
    const error = await caught(() => askTeacher(teacher, images, ['embedding', 'map']));
    expect(error.code).toBe('network');
    expect(error.message).toContain(words);
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
    await teacher.fingerprint().catch(() => undefined);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ classes: 0 }, 'teacherFrom.classes'],
    [{ classes: [0, 1, 2] }, 'teacherFrom.classes'],
    [{ imageShape: [6, 6] }, 'teacherFrom.imageShape'],
    [{ taps: { map: [0] } }, 'teacherFrom.taps.map'],
  ])('refuses the options %j', async (wrong, where) => {
    const given = { classes: 3, imageShape: [6, 6, 2], ...wrong } as Parameters<typeof teacherFrom>[1];
    expect((await caught(() => teacherFrom(() => [], given))).where).toBe(where);
  });

  it('says what to do when it is called like a network', async () => {
    const { teacher } = behindPromise(freeze(tinyNetwork(1, { width: 2 })));
    expect((await caught(() => teacher.forward(tf.ones([1, 6, 6, 2])))).message).toContain('askTeacher');
  });
});

describe('classes by name', () => {
  const teacher = (names: readonly string[]): FrozenNetwork =>
    teacherFrom(
      ({ shape }) => Array.from({ length: shape[0] }, (_, row) => names.map((__, at) => 10 * row + at)),
      {
        classes: names,
        imageShape: [-1, -1, 3],
        version: '1',
      },
    );
  const data = (...classNames: string[]): { name: string; classes: number; classNames: string[] } => ({
    name: 'photos',
    classes: classNames.length,
    classNames,
  });
  async function logitsOf(network: FrozenNetwork): Promise<number[][]> {
    const images = tf.randomUniform<tf.Rank.R4>([2, 2, 2, 3]);
    return (await askTeacher(network, images)).logits.array();
  }

  it('are put in the order of the data', async () => {
    const given = teacher(['cat', 'dog', 'bird']);
    const matched = matchClasses(given, data('bird', 'cat', 'dog'));
    expect(await logitsOf(matched)).toEqual([
      [2, 0, 1],
      [12, 10, 11],
    ]);
    expect(await matched.fingerprint()).not.toBe(await given.fingerprint());
    expect(matchClasses(given, data('cat', 'dog', 'bird'))).toBe(given);
  });

  it('may be more than those of the data, with synonyms and other spellings', async () => {
    const given = teacher(['tench, Tinca tinca', 'Great_White shark', 'cafe\u0301', 'hen']);
    const matched = matchClasses(given, data('hen', 'great white shark', 'Tinca tinca', 'caf\u00e9'));
    expect((await logitsOf(matched))[0]).toEqual([3, 1, 0, 2]);
    expect(matched.classes).toBe(4);
  });

  it('that the teacher does not have are listed, with the nearest', async () => {
    const error = await caught(() => matchClasses(teacher(['cat', 'dog']), data('cats', 'dog', 'zebra')));
    expect(error.message).toContain("none for 'cats' (nearest: 'cat'), 'zebra'");
  });

  it('that are twice are refused', async () => {
    const shifted = await caught(() =>
      matchClasses(
        { ...teacher(['cat', 'dog']), classNames: ['background', 'cat', 'dog'] },
        data('cat', 'dog'),
      ),
    );
    expect(shifted.message).toMatch(
      /^teacher '.*', classes: expected 2 names, one per logit, got 3 \(from 'background' to 'dog'\)\./,
    );
    const twice = await caught(() => matchClasses(teacher(['crane', 'crane', 'dog']), data('crane', 'dog')));
    expect(twice.message).toContain("'crane' (2 of the teacher's classes have this name)");
    const cranes = teacher(['crane', 'crane', 'dog']);
    expect(matchClasses(cranes, data('crane', 'crane', 'dog'))).toBe(cranes);
    const same = await caught(() => matchClasses(teacher(['tench, Tinca', 'dog']), data('tench', 'Tinca')));
    expect(same.message).toContain("'Tinca' (the same class as 'tench')");
  });

  it('decide the batch order of a teacher in training', async () => {
    const inner = freeze(tinyNetwork(1, { width: 2 }));
    const named = { ...inner, classNames: ['c', 'a', 'b'] };
    const plain = tinyDataset(12, 1);
    const labels = plain.labels.map((label) => (label + 1) % 3);
    const images = Uint8Array.from({ length: 12 * 72 }, (_, at) => at % 251);
    const common = { images, imageShape: [6, 6, 2] as const, classes: 3, name: 'named' };
    const inOrder = arrayDataset({ ...common, labels: plain.labels, classNames: ['c', 'a', 'b'] });
    const turned = arrayDataset({ ...common, labels, classNames: ['b', 'c', 'a'] });
    const accuracy = async (network: FrozenNetwork, set: typeof inOrder): Promise<number> =>
      (await evaluate(matchClasses(network, set), set, { mean: [0, 0], std: [1, 1] })).accuracy;
    expect(await accuracy(named, turned)).toBe(await accuracy(named, inOrder));
  });
});

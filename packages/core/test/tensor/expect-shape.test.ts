import * as tf from '@tensorflow/tfjs-core';
import { expectSameShape, expectShape, resolveEngine, shapeText } from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

describe('shape guards', () => {
  it('let through what fits, null standing for any size', () => {
    const x = tf.zeros([4, 3]);
    expect(() => {
      expectShape('x', x, [4, 3]);
      expectShape('x', x, [null, 3]);
      expectSameShape('x', x, 'y', tf.ones([4, 3]));
    }).not.toThrow();
  });

  it.each([[[4, 2]], [[null, 4]], [[4]], [[4, 3, 1]]])(
    'refuse [4, 3] where %j is expected',
    async (expected) => {
      const error = await caught(() => {
        expectShape('loss(student)', tf.zeros([4, 3]), expected);
      });
      expect(error.code).toBe('shape');
      expect(error.message).toBe(`loss(student): expected shape ${shapeText(expected)}, got [4, 3].`);
    },
  );

  it.each([[[4, 2]], [[4]], [[3, 4]]])('refuse two tensors of shapes [4, 3] and %j', async (other) => {
    const error = await caught(() => {
      expectSameShape('teacher', tf.zeros([4, 3]), 'student', tf.zeros(other));
    });
    expect(error.message).toBe(
      `teacher and student: expected equal shapes, got [4, 3] and ${shapeText(other)}.`,
    );
  });

  it('refuse what is no tensor', async () => {
    const messages = [
      () => {
        expectShape('images', new Float32Array(4) as never, [-1, 2]);
      },
      () => {
        expectSameShape('teacher', undefined as never, 'student', tf.zeros([4, 3]));
      },
    ].map(async (call) => (await caught(call)).message);
    expect(await Promise.all(messages)).toEqual([
      'images: expected shape [*, 2], got Float32Array of 4 values.',
      'teacher and student: expected equal shapes, got nothing and [4, 3].',
    ]);
  });

  it('write any size as a star', () => {
    expect(shapeText([null, -1, 3])).toBe('[*, *, 3]');
    expect(shapeText([])).toBe('[]');
  });
});

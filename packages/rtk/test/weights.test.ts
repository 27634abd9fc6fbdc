import * as tf from '@tensorflow/tfjs-core';
import { createRandom, resolveEngine } from '@distilljs/core';
import { beforeAll, expect, test } from 'vitest';
import { attentionWeights, createAttentionWeights } from '../src/index.js';
import { attentionShape, baseParams, largest, namedWeights } from './golden.js';
import type { Numbers } from './golden.js';

const values = (x: tf.Tensor): Numbers => x.arraySync();

beforeAll(async () => {
  await resolveEngine('cpu');
});

test('weights start as PyTorch starts them', () => {
  const shape = { queries: [{ channels: 4 }, { channels: 16 }], keys: [{ channels: 16 }], width: 64 };
  const named = createAttentionWeights(shape, createRandom(1));
  const spread = (name: string): number => largest(values(named[name] as tf.Tensor));
  const [first, second] = tf.split(named['query/kernel'] as tf.Tensor2D, [4, 16], 0) as [
    tf.Tensor,
    tf.Tensor,
  ];
  expect(largest(values(first))).toBeGreaterThan(0.45);
  expect(largest(values(first))).toBeLessThanOrEqual(0.5);
  expect(largest(values(second))).toBeGreaterThan(0.23);
  expect(largest(values(second))).toBeLessThanOrEqual(0.25);
  expect(spread('bilinear/kernel')).toBeLessThanOrEqual(0.125);
  const positions = Array.from((named['position/query'] as tf.Tensor).dataSync());
  const variance = positions.reduce((sum, value) => sum + value * value, 0) / positions.length;
  expect(variance).toBeGreaterThan(0.6 * (2 / 66));
  expect(variance).toBeLessThan(1.5 * (2 / 66));
  tf.dispose(Object.values(named));
});

test('weights of other taps are refused by name', () => {
  tf.tidy(() => {
    const named = namedWeights(baseParams, 'teacher-query');
    const rest = Object.fromEntries(Object.entries(named).filter(([name]) => name !== 'key/scale'));
    expect(() => attentionWeights(attentionShape(baseParams), rest)).toThrow(
      /attention weight 'key\/scale': expected a tensor of shape \[8\], got nothing/,
    );
  });
});

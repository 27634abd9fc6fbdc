import * as tf from '@tensorflow/tfjs-core';
import { repeated } from './contender.js';
import type { Contender } from './contender.js';

/** An operation that saturates an engine, with its amount of arithmetic. */
export interface Ceiling {
  readonly key: 'matmul' | 'conv';
  readonly title: string;
  /** Floating-point operations, two per multiply–accumulate. */
  readonly flops: number;
  readonly contender: Contender;
}

const EDGE = 1024;
const CONV = { batch: 64, edge: 16, channels: 64, size: 3 } as const;

/** The best that an engine reaches in practice: a large matrix product and a large convolution. */
export function ceilings(): readonly Ceiling[] {
  const a = tf.randomUniform<tf.Rank.R2>([EDGE, EDGE], -1, 1, 'float32', 1);
  const b = tf.randomUniform<tf.Rank.R2>([EDGE, EDGE], -1, 1, 'float32', 2);
  const { batch, edge, channels, size } = CONV;
  const x = tf.randomUniform<tf.Rank.R4>([batch, edge, edge, channels], -1, 1, 'float32', 3);
  const filter = tf.randomUniform<tf.Rank.R4>([size, size, channels, channels], -1, 1, 'float32', 4);
  return [
    {
      key: 'matmul',
      title: `${EDGE}³ matrix product`,
      flops: 2 * EDGE ** 3,
      contender: repeated(
        'matrix product',
        () => finished(() => tf.matMul(a, b)),
        () => {
          tf.dispose([a, b]);
        },
      ),
    },
    {
      key: 'conv',
      title: `${size}×${size} convolution, ${channels} channels, ${batch}×${edge}×${edge}`,
      flops: 2 * batch * edge * edge * size * size * channels * channels,
      contender: repeated(
        'convolution',
        () => finished(() => tf.conv2d(x, filter, 1, 'same')),
        () => {
          tf.dispose([x, filter]);
        },
      ),
    },
  ];
}

/** Waits for the computation by reading one value: an engine may return before it has started. */
async function finished(compute: () => tf.Tensor): Promise<void> {
  const probe = tf.tidy(() => tf.slice(tf.reshape(compute(), [-1]), 0, 1));
  await probe.data();
  probe.dispose();
}

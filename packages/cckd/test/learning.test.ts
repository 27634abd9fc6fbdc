import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { createRandom, crossEntropy, hintonKd, resolveEngine } from '@distilljs/core';
import type { Random } from '@distilljs/core';
import { beforeAll, expect, test } from 'vitest';
import { classUniformSampler, correlationCongruence, correlationMatrix, paperPreset } from '../src/index.js';

const CLASSES = 6;
const FEATURES = 8;
const STEPS = 200;

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** Two dense layers: `embedding = relu(x W₁ + b₁)`, `logits = embedding W₂ + b₂`. */
interface Mlp {
  readonly variables: Variable[];
  forward(x: Tensor2D): { embedding: Tensor2D; logits: Tensor2D };
}

function mlp(width: number, random: Random): Mlp {
  const dense = (rows: number, columns: number): [Variable, Variable] => {
    const values = Float32Array.from({ length: rows * columns }, () => random.normal() * Math.sqrt(2 / rows));
    return [tf.variable(tf.tensor2d(values, [rows, columns])), tf.variable(tf.zeros([columns]))];
  };
  const [w1, b1] = dense(FEATURES, width);
  const [w2, b2] = dense(width, CLASSES);
  return {
    variables: [w1, b1, w2, b2],
    forward(x) {
      const embedding = tf.relu<Tensor2D>(tf.add(tf.matMul(x, w1 as Tensor2D), b1));
      return { embedding, logits: tf.add<Tensor2D>(tf.matMul(embedding, w2), b2) };
    },
  };
}

/** Six overlapping blobs. */
function blobs(size: number, random: Random): { rows: number[][]; labels: Int32Array } {
  const centres = createRandom(100);
  const means = Array.from({ length: CLASSES }, () =>
    Array.from({ length: FEATURES }, () => 1.5 * centres.normal()),
  );
  const labels = Int32Array.from({ length: size }, (_, index) => index % CLASSES);
  const rows = Array.from(labels, (label) => (means[label] ?? []).map((mean) => mean + random.normal()));
  return { rows, labels };
}

function descend(network: Mlp, loss: (batch: Int32Array) => Scalar, batches: readonly Int32Array[]): void {
  const optimizer = tf.train.adam(0.01);
  for (const batch of batches) optimizer.minimize(() => loss(batch), false, network.variables);
  optimizer.dispose();
}

// The paper's figure 3: with the correlation term the distance of the correlations ends far lower, the KD loss the same.
test('with correlation congruence, held-out L_CC ends far below that of KD alone, and L_KD about equal', () => {
  const random = createRandom(1);
  const data = blobs(600, random.fork('train'));
  const heldOut = blobs(192, random.fork('held-out'));
  const rowsOf = (batch: Int32Array): Tensor2D =>
    tf.tensor2d(Array.from(batch, (index) => data.rows[index] ?? []));
  const sampler = classUniformSampler({ labels: data.labels, batchSize: 24, perClass: paperPreset.perClass });
  const batches = Array.from({ length: STEPS / sampler.stepsPerEpoch }, (_, epoch) =>
    sampler.batches(random.fork(`epoch-${epoch}`)),
  ).flat();

  const teacher = mlp(32, random.fork('teacher'));
  descend(
    teacher,
    (batch) => {
      const labels = tf.tensor1d(
        Array.from(batch, (index) => data.labels[index] ?? 0),
        'int32',
      );
      const oneHot = tf.cast(tf.oneHot(labels, CLASSES) as Tensor2D, 'float32');
      return crossEntropy(oneHot, teacher.forward(rowsOf(batch)).logits);
    },
    batches,
  );

  const terms = (student: Mlp, x: Tensor2D): { kd: Scalar; cc: Scalar } => {
    const [of, by] = [teacher.forward(x), student.forward(x)];
    const correlations = (embedding: Tensor2D): Tensor2D => correlationMatrix(embedding, paperPreset);
    return {
      kd: hintonKd(of.logits, by.logits, paperPreset.temperature),
      cc: correlationCongruence(correlations(of.embedding), correlations(by.embedding), 'sum'),
    };
  };
  const trained = (beta: number): { kd: number; cc: number } => {
    const student = mlp(16, random.fork('student'));
    descend(
      student,
      (batch) => {
        const { kd, cc } = terms(student, rowsOf(batch));
        return beta === 0 ? kd : tf.add<Scalar>(kd, tf.mul(cc, beta));
      },
      batches,
    );
    return tf.tidy(() => {
      const { kd, cc } = terms(student, tf.tensor2d(heldOut.rows));
      return { kd: kd.arraySync(), cc: cc.arraySync() / heldOut.rows.length ** 2 };
    });
  };

  const alone = trained(0);
  const congruent = trained(0.2);
  // Seen: L_CC 0.00154 against 0.00268, L_KD 0.284 against 0.290.
  expect(congruent.cc).toBeLessThan(0.7 * alone.cc);
  expect(congruent.kd).toBeLessThan(1.1 * alone.kd);
  expect(congruent.kd).toBeGreaterThan(0.8 * alone.kd);
});

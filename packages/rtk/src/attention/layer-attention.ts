import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  aTensor,
  batchNormTraining,
  expectOption,
  expectShape,
  expectShapes,
  listOf,
  objectWith,
  wholeNumber,
} from '@distilljs/core';

/** ε of batch norm, PyTorch's default. */
const EPSILON = 1e-5;
/** Share of the batch in the moving statistics, PyTorch's default. */
const MOMENTUM = 0.1;

/** Parallel linear maps, one per input, with one batch norm over all of their columns. */
export interface LinearNorm {
  /** The inputs' kernels, stacked by rows, `[all channels, width]`. */
  readonly kernel: Tensor2D;
  /** `[inputs · width]`, like scale and offset. The bias has no effect, as batch norm subtracts it again. */
  readonly bias: Tensor1D;
  readonly scale: Tensor1D;
  readonly offset: Tensor1D;
}

/** Mean and variance per column, `[inputs · width]`. */
export interface NormStatistics {
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** Output of a {@link LinearNorm}, and the statistics that normalized it (a batch's with biased variance; constants). */
export interface Normed {
  readonly output: Tensor2D;
  readonly batch: NormStatistics;
}

/**
 * `LB(x) = BN(x K + k₀)` for each input, outputs side by side; batch norm runs over the rows. Call it inside `tf.tidy`.
 *
 * @param inputs `[rows, channels]` each
 * @param statistics to normalize with; default: the batch's own, as distillation always uses
 * @returns output `[rows, inputs · width]`
 * @throws DistillError code `shape`, or `option` for invalid inputs or weights
 */
export function linearNorm(
  inputs: readonly Tensor2D[],
  block: LinearNorm,
  statistics?: NormStatistics,
): Normed {
  const channels = expectInputs('linearNorm(inputs)', inputs);
  expectLinearNorm('linearNorm(block)', block, { channels, inputs: inputs.length, width: null });
  if (statistics !== undefined) expectStatistics('linearNorm(statistics)', statistics, block.bias.shape[0]);
  return normed(inputs, block, statistics);
}

/** {@link linearNorm} without checks. */
function normed(
  inputs: readonly Tensor2D[],
  block: LinearNorm,
  statistics: NormStatistics | undefined,
): Normed {
  const channels = inputs.map((input) => input.shape[1]);
  // One variable holds all kernels: the optimizer's cost grows with the number of variables.
  const kernels = inputs.length === 1 ? [block.kernel] : tf.split(block.kernel, channels, 0);
  const products = inputs.map((input, index) => tf.matMul(input, kernels[index] as Tensor2D));
  const [first] = products;
  const joined = products.length === 1 && first !== undefined ? first : tf.concat(products, 1);
  const linear = tf.add<Tensor2D>(joined, block.bias);
  if (statistics === undefined) {
    const { y, mean, variance } = batchNormTraining(linear, block.scale, block.offset, EPSILON);
    return { output: y, batch: { mean, variance } };
  }
  const { mean, variance } = statistics;
  const { scale, offset } = block;
  return { output: tf.batchNorm2d(linear, mean, variance, offset, scale, EPSILON), batch: statistics };
}

/** @returns channels of all inputs together */
function expectInputs(where: string, inputs: readonly Tensor2D[], count?: number, rows?: number): number {
  expectOption(where, inputs, listOf(aTensor, count ?? 1, count));
  inputs.forEach((input, at) => {
    expectShape(`${where}[${at}]`, input, [rows ?? (inputs[0] as Tensor2D).shape[0], null]);
  });
  return inputs.reduce((sum, { shape }) => sum + shape[1], 0);
}

function expectLinearNorm(
  where: string,
  block: LinearNorm,
  {
    channels,
    inputs,
    width,
  }: { readonly channels: number; readonly inputs: number; readonly width: number | null },
): void {
  expectShapes(where, block, { kernel: [channels, width] });
  const columns = [inputs * block.kernel.shape[1]];
  expectShapes(where, block, { bias: columns, scale: columns, offset: columns });
}

function expectStatistics(where: string, statistics: NormStatistics, columns: number | null): void {
  expectShapes(where, statistics, { mean: [columns], variance: [columns] });
}

/**
 * Moving statistics after one more batch, as in PyTorch: `0.9 · moving + 0.1 · batch`, with the batch's variance made
 * unbiased (`n / (n − 1)`).
 *
 * Training needs no moving statistics: the attention normalizes by the batch and is dropped with its run. They serve
 * attention on single images, as in the evaluation mode of the base method's module.
 *
 * @param rows n, number of rows behind the batch's statistics, at least 2
 * @throws DistillError code `shape`, or `option` for fewer rows
 */
export function moveStatistics(moving: NormStatistics, batch: NormStatistics, rows: number): NormStatistics {
  expectStatistics('moveStatistics(moving)', moving, null);
  expectStatistics('moveStatistics(batch)', batch, moving.mean.shape[0]);
  expectStatistics('moveStatistics(moving)', moving, moving.mean.shape[0]);
  expectOption('moveStatistics(rows)', rows, wholeNumber({ min: 2 }));
  const moved = (before: Tensor1D, now: Tensor1D, factor: number): Tensor1D =>
    tf.add(tf.mul(before, 1 - MOMENTUM), tf.mul(now, MOMENTUM * factor));
  return tf.tidy(() => ({
    mean: moved(moving.mean, batch.mean, 1),
    variance: moved(moving.variance, batch.variance, rows / (rows - 1)),
  }));
}

/** The attention's weights, for Q queries, K keys and width d. */
export interface AttentionWeights {
  /** One linear map to d per querying layer. */
  readonly query: LinearNorm;
  /** One linear map to d per key layer. */
  readonly key: LinearNorm;
  /** One linear map for all keys, from d to `Q · d`: column `q·d + j` is entry j for query q. */
  readonly bilinear: LinearNorm;
  /** Position embeddings of the queries, `[Q, d]`. */
  readonly queryPositions: Tensor2D;
  /** Position embeddings of the keys, `[K, d]`. */
  readonly keyPositions: Tensor2D;
}

/** Statistics of the three batch norms. */
export interface AttentionStatistics {
  readonly query: NormStatistics;
  readonly key: NormStatistics;
  /** Taken over `batch · K` rows. */
  readonly bilinear: NormStatistics;
}

/** Logits of the attention and the statistics that its batch norms took from the batch. */
export interface LayerAttention {
  /** `[batch, Q, K]`; their softmax over K is the attention. */
  readonly logits: Tensor3D;
  readonly batch: AttentionStatistics;
}

/**
 * How much each querying layer attends to each key layer, per image:
 *
 * `Q_q = LB_q(c_q)`, `K_k = relu(LB_k(c_k))`, `K̃ = LB(K)` reshaped to `[batch, K, Q, d]`,
 * `ℓ[b, q, k] = (Σ_j K̃[b, k, q, j] · Q[b, q, j] + PQ_q · PK_k) / √d`.
 *
 * The bilinear map has one matrix per query, shared by all keys; its batch norm mixes the keys (batch · K rows). Call
 * it inside `tf.tidy`.
 *
 * @param queries channel means of the querying layers, `[batch, channels]` each
 * @param keys channel means of the key layers, `[batch, channels]` each
 * @param statistics for single images; default: the batch's own, as distillation always uses
 * @throws DistillError code `shape`, or `option` for lists that do not match the weights
 * @see Ji, Heo, Park, AAAI 2021, following its code: the text has an activation on both sides and no batch norm here
 */
export function layerAttention(
  queries: readonly Tensor2D[],
  keys: readonly Tensor2D[],
  weights: AttentionWeights,
  statistics?: AttentionStatistics,
): LayerAttention {
  expectFit(queries, keys, weights, statistics);
  const [count, width] = weights.queryPositions.shape;
  const query = normed(queries, weights.query, statistics?.query);
  const key = normed(keys, weights.key, statistics?.key);
  const keyRows = tf.reshape<tf.Rank.R2>(tf.relu(key.output), [-1, width]);
  const bilinear = normed([keyRows], weights.bilinear, statistics?.bilinear);
  const perPair = tf.reshape<tf.Rank.R4>(bilinear.output, [-1, keys.length, count, width]);
  const products: Tensor4D = tf.mul(perPair, tf.reshape(query.output, [-1, 1, count, width]));
  const content = tf.transpose(tf.sum<Tensor3D>(products, 3), [0, 2, 1]);
  const position = tf.matMul(weights.queryPositions, weights.keyPositions, false, true);
  return {
    logits: tf.mul(tf.add(content, position), 1 / Math.sqrt(width)),
    batch: { query: query.batch, key: key.batch, bilinear: bilinear.batch },
  };
}

function expectFit(
  queries: readonly Tensor2D[],
  keys: readonly Tensor2D[],
  weights: AttentionWeights,
  statistics: AttentionStatistics | undefined,
): void {
  const where = 'layerAttention(weights)';
  expectOption(where, weights, objectWith('query', 'key', 'bilinear'));
  expectShapes(where, weights, { queryPositions: [null, null], keyPositions: [null, null] });
  const [count, width] = weights.queryPositions.shape;
  const keyCount = weights.keyPositions.shape[0];
  expectShapes(where, weights, { keyPositions: [keyCount, width] });
  const ofQueries = expectInputs('layerAttention(queries)', queries, count);
  const ofKeys = expectInputs('layerAttention(keys)', keys, keyCount, queries[0]?.shape[0]);
  expectLinearNorm(`${where}.query`, weights.query, { channels: ofQueries, inputs: count, width });
  expectLinearNorm(`${where}.key`, weights.key, { channels: ofKeys, inputs: keyCount, width });
  const products = { channels: width, inputs: 1, width: count * width };
  expectLinearNorm(`${where}.bilinear`, weights.bilinear, products);
  if (statistics === undefined) return;
  expectOption('layerAttention(statistics)', statistics, objectWith('query', 'key', 'bilinear'));
  expectStatistics('layerAttention(statistics).query', statistics.query, count * width);
  expectStatistics('layerAttention(statistics).key', statistics.key, keyCount * width);
  expectStatistics('layerAttention(statistics).bilinear', statistics.bilinear, count * width);
}

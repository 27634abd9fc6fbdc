import * as tf from '@tensorflow/tfjs-core';
import { asGraph } from '../engine/graph/index.js';
import {
  batchText,
  checkedDataset,
  expectNormalization,
  expectPixelScale,
  loadBatch,
  otherScaleWarning,
} from '../data/index.js';
import type { CheckedDataset, Dataset, Normalization } from '../data/index.js';
import { engineError } from '../engine/out-of-memory.js';
import { expectShape } from '../tensor/index.js';
import { inClassOrder } from '../network/index.js';
import type { NetworkOutput, OwnedOutput } from '../network/index.js';
import { batchFeed } from './batch-feed.js';
import { expectCount } from './check-options.js';
import { expectEveryClass } from './check-parts.js';
import { asClassifier } from './classifier.js';
import type { Classifier, ClassifierLike } from './classifier.js';
import type { Evaluation } from './report.js';

/** Maximum number of values in a batch of images: a network's activations take several hundred times as many. */
const MOST_VALUES = 2 ** 21;

function batchFor({ imageShape }: Pick<Dataset, 'imageShape'>): number {
  const values = imageShape.reduce((product, axis) => product * axis, 1);
  return Math.min(128, Math.max(8, Math.floor(MOST_VALUES / values)));
}

/**
 * Classifies every image of a dataset in inference mode, unaugmented. Of equal logits, the lower class index
 * ranks first, as in `argMax`. An image whose logits contain NaN, or whose highest logit is infinite, counts as
 * wrong and in `invalid`. If network and dataset have class names, the logits are matched by name, as `matchClasses`
 * does it.
 *
 * @param batchSize images per forward pass; affects only memory and speed. Default: 128, fewer for large images
 * @param onRow receives each image's logits, `[classes]`, image by image in the order of the dataset; copy them to keep them
 * @throws DistillError for data or networks that cannot be evaluated
 */
export async function evaluate(
  network: ClassifierLike,
  dataset: Dataset,
  normalization: Normalization,
  batchSize?: number,
  onRow?: (logits: ArrayLike<number>, index: number) => void,
): Promise<Evaluation> {
  const given = asClassifier('evaluate, network', network);
  const data = checkedDataset('evaluate', dataset, { everyLabel: true });
  const classifier = inClassOrder(given, data);
  expectNormalization(normalization, data);
  if (batchSize !== undefined) expectCount('evaluate, batchSize', batchSize);
  expectEveryClass('evaluate, network', classifier, data);
  const seen = await expectPixelScale(data, normalization);
  const measured = (await evaluation(classifier, data, { normalization, batchSize, onRow })) as Evaluation;
  // A mean of 0 was not measured: such a normalization leaves values unchanged, or only scales them.
  const isMeasured = normalization.mean.some((mean) => mean !== 0);
  const warning = isMeasured ? otherScaleWarning(`dataset '${data.name}'`, seen, normalization) : undefined;
  return warning === undefined ? measured : { ...measured, warning };
}

/** {@link evaluate} for a checked classifier and data. @returns undefined if the signal aborted it */
export async function evaluation(
  classifier: Classifier,
  data: CheckedDataset,
  {
    normalization,
    batchSize = batchFor(data),
    signal,
    onRow,
  }: {
    readonly normalization: Normalization;
    readonly batchSize?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onRow?: ((logits: ArrayLike<number>, index: number) => void) | undefined;
  },
): Promise<Evaluation | undefined> {
  const sum = { correct: 0, inTop5: 0, loss: 0, invalid: 0 };
  const batches = Math.ceil(data.size / batchSize);
  const positionsOf = (batch: number): Int32Array => {
    const size = Math.min(batchSize, data.size - batch * batchSize);
    return Int32Array.from({ length: size }, (_, offset) => batch * batchSize + offset);
  };
  const feed = batchFeed((batch) => loadBatch(data, positionsOf(batch), { normalization }), batches, signal);
  for (let batch = 0; batch < batches; batch++) {
    const positions = positionsOf(batch);
    const size = positions.length;
    const place = `batch ${batch} of ${batches}, ${batchText(size, data.imageShape)} of dataset '${data.name}'`;
    const work = (pixels: Float32Array): Promise<tf.TypedArray> =>
      asGraph(async () => {
        const images = tf.tensor4d(pixels, [size, ...data.imageShape]);
        let asked: OwnedOutput | undefined;
        let logits: tf.Tensor | undefined;
        try {
          asked = await classifier.ask?.(images);
          logits = tf.tidy(() => {
            const rows = asked?.logits ?? (Object(classifier.forward(images)) as NetworkOutput).logits;
            expectShape('evaluate, logits of the network', rows, [size, classifier.classes]);
            return tf.reshape(rows, [size, classifier.classes]);
          });
          return await logits.data();
        } finally {
          asked?.dispose();
          images.dispose();
          logits?.dispose();
        }
      });
    const values = await feed.run(batch, (pixels) =>
      work(pixels).catch((error: unknown) => {
        throw engineError(error, place);
      }),
    );
    if (values === undefined) return undefined;
    positions.forEach((position, row) => {
      const own = values.subarray(row * classifier.classes, (row + 1) * classifier.classes);
      onRow?.(own, position);
      const { rank, loss } = rankOf(own, data.labels[position] ?? NaN);
      sum.correct += rank === 0 ? 1 : 0;
      sum.inTop5 += rank < 5 ? 1 : 0;
      sum.invalid += rank === Infinity ? 1 : 0;
      sum.loss += loss;
    });
  }
  const images = data.size;
  return {
    accuracy: sum.correct / images,
    top5: sum.inTop5 / images,
    loss: sum.loss / images,
    images,
    ...(sum.invalid > 0 ? { invalid: sum.invalid } : {}),
  };
}

/**
 * The number of classes ranked before the correct one (Infinity if softmax is undefined), and the loss in nats.
 */
function rankOf(logits: ArrayLike<number>, label: number): { readonly rank: number; readonly loss: number } {
  const own = logits[label] ?? NaN;
  let [rank, highest] = [0, -Infinity];
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index] ?? NaN;
    if (Number.isNaN(logit)) return { rank: Infinity, loss: NaN };
    if (logit > own || (logit === own && index < label)) rank += 1;
    if (logit > highest) highest = logit;
  }
  if (!Number.isFinite(highest)) return { rank: Infinity, loss: NaN };
  let total = 0;
  for (let index = 0; index < logits.length; index++) total += Math.exp((logits[index] ?? NaN) - highest);
  return { rank, loss: highest - own + Math.log(total) };
}

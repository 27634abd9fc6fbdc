import { askTeacher, channelStatistics, evaluate, loadBatch } from '@distilljs/core';
import type { Dataset, FrozenNetwork, Normalization } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { NORMALIZATIONS } from '../config/index.js';
import { subset } from '../dataset/index.js';
import { isNearChance } from '../report/index.js';
import type { TeacherResult } from '../report/index.js';
import type { RunData } from './datasets.js';
import { seeing } from './load-teacher.js';
import type { LoadedTeacher } from './load-teacher.js';

/** Most validation images that each setting is tried on. */
const LOOKED_AT = 300;
const BATCH = 50;

/**
 * What may be wrong with a teacher near chance: it is tried on some validation images with the usual normalizations, with BGR channel
 * order, and with its classes in another order. None of these settings is applied.
 *
 * @returns lines for the user; none for a teacher well above chance
 */
export async function teacherDoubts(
  loaded: LoadedTeacher,
  { validationAccuracy: accuracy }: TeacherResult,
  data: RunData,
): Promise<readonly string[]> {
  const chance = 1 / data.train.classes;
  if (!isNearChance(accuracy, chance)) return [];
  const { validation } = data;
  const size = Math.min(LOOKED_AT, validation.size);
  const some = subset(
    validation,
    Array.from({ length: size }, (_, at) => Math.floor((at * validation.size) / size)),
  );
  const own = await channelStatistics(data.train);
  const [, , channels] = data.train.imageShape;
  const used = loaded.input.normalization ?? own;
  const accuracyWith = async (normalization: Normalization, change = same): Promise<number> => {
    const network = changed(loaded.network, change);
    const input = { ...loaded.input, normalization };
    return (await evaluate(seeing({ network, input }, data, own), some, own)).accuracy;
  };
  const now = await accuracyWith(used);
  const guesses: { readonly words: string; readonly accuracy: number }[] = [];
  for (const [name, { mean, std }] of Object.entries(NORMALIZATIONS)) {
    const spread = (values: readonly number[]): number[] =>
      Array.from({ length: channels }, (_, at) => values[at % values.length] ?? 0);
    const normalization = { mean: spread(mean), std: spread(std) };
    const words = `with teacher.normalization: ${name}`;
    guesses.push({ words, accuracy: await accuracyWith(normalization) });
    if (channels !== 3) continue;
    const turned = `with teacher.normalization: ${name} and blue before red (BGR), which its export would have to change`;
    guesses.push({ words: turned, accuracy: (await accuracyWith(normalization, bgr)) - 0.02 });
  }
  const order = await bestOrder(seeing(loaded, data, own), some, own);
  const classes = 'with its classes in another order: name them with teacher.classes';
  guesses.push({ words: classes, accuracy: order - 0.02 });
  const best = guesses.reduce((one, other) => (other.accuracy > one.accuracy ? other : one));
  const warning = `Warning: the teacher is near chance (${percent(chance)}): ${percent(accuracy)} of the validation images.`;
  if (best.accuracy > now + 0.15)
    return [
      `${warning} On ${size} of them it would reach about ${percent(best.accuracy)} ${best.words}. Nothing was changed.`,
    ];
  return [
    `${warning} Check teacher.normalization (pixels 0…1, −1…1 or 0…255; colour order), teacher.classes (their order) and teacher.logitsFrom; none of the usual settings does much better.`,
  ];
}

/**
 * Advice for a zoo teacher that has learned little from the run's images.
 *
 * @returns lines for the user; none for a teacher well above chance
 */
export function weakTeacherText(
  { testAccuracy }: Pick<TeacherResult, 'testAccuracy'>,
  classes: number,
): readonly string[] {
  const chance = 1 / classes;
  return isNearChance(testAccuracy, chance)
    ? [
        `Warning: the teacher has learned little: ${percent(testAccuracy)} of the test images, where guessing gives ${percent(chance)}. Its students cannot learn much from it. Use a pretrained teacher (--teacher PATH), add images and train it longer (--set teacher.epochs=100), or give the labels a weight of 1 (option ceWeight of the methods).`,
      ]
    : [];
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

type Change = (images: tf.Tensor4D) => tf.Tensor4D;
const same: Change = (images) => images;
const bgr: Change = (images) => tf.reverse(images, 3);

const changed = (network: FrozenNetwork, change: Change): FrozenNetwork => {
  const { ask } = network;
  return {
    ...network,
    forward: (images, taps) => network.forward(change(images), taps),
    ...(ask !== undefined && {
      async ask(images: tf.Tensor4D, taps?: readonly string[]) {
        const turned = tf.tidy(() => tf.clone(change(images)));
        try {
          return await ask(turned, taps);
        } finally {
          turned.dispose();
        }
      },
    }),
  };
};

/** Accuracy under the best one-to-one renaming of classes, chosen greedily from the most frequent pairs. */
async function bestOrder(
  network: FrozenNetwork,
  data: Dataset,
  normalization: Normalization,
): Promise<number> {
  const { classes, labels, size } = data;
  if (labels === undefined) return 0;
  // Rows are labels, columns are predictions.
  const counts = Array.from({ length: classes * classes }, () => 0);
  for (let start = 0; start < size; start += BATCH) {
    const positions = Array.from({ length: Math.min(BATCH, size - start) }, (_, at) => start + at);
    const pixels = await loadBatch(data, positions, { normalization });
    const images = tf.tensor4d(pixels, [positions.length, ...data.imageShape]);
    const { logits, dispose } = await askTeacher(network, images);
    const predicted = tf.argMax(logits, 1);
    (await predicted.data()).forEach((column, at) => {
      const place = (labels[start + at] ?? 0) * classes + column;
      counts[place] = (counts[place] ?? 0) + 1;
    });
    tf.dispose([images, predicted]);
    dispose();
  }
  const order = counts.map((count, at) => ({ count, at })).sort((a, b) => b.count - a.count);
  const [rows, columns] = [new Set<number>(), new Set<number>()];
  let right = 0;
  for (const { count, at } of order) {
    const [row, column] = [Math.floor(at / classes), at % classes];
    if (rows.has(row) || columns.has(column)) continue;
    rows.add(row);
    columns.add(column);
    right += count;
  }
  return right / size;
}

import * as tf from '@tensorflow/tfjs-core';
import {
  askTeacher,
  asNetwork,
  asTeacher,
  checkOptions,
  expectDatasetLike,
  expectOption,
  loadBatch,
  objectWith,
  teacherAsRead,
  wholeNumber,
  withInput,
} from '@distilljs/core';
import type {
  Dataset,
  Method,
  NamedTensors,
  NetworkLike,
  Normalization,
  TeacherInput,
  TeacherLike,
} from '@distilljs/core';
import { attentionWeights, attentionWeightShapes } from './attention/index.js';
import { layerPair, mapsOfStep, teacherSummaries } from './layer-pair.js';
import { matchLayers } from './match-layers.js';
import { attentionChecks } from './options.js';
import type { AttentionOptions } from './options.js';
import type { MapLayer } from './taps.js';
import { meanMatch } from './match-exhibits.js';

/** Inputs of {@link attentionOver}. */
export interface AttentionOverOptions {
  /** The run's method: `rtk(…)` or `attentionMatching(…)` with the run's options. */
  readonly method: Method<AttentionOptions>;
  /** The weights of its attention by name, such as the `tensors` of a run's snapshot. */
  readonly weights: NamedTensors;
  /** The run's teacher, as passed to the run. */
  readonly teacher: TeacherLike;
  /** The run's `teacherInput`, if it had one. */
  readonly teacherInput?: TeacherInput | undefined;
  /** The run's student, likewise. */
  readonly student: NetworkLike;
  /** At least 2 images. */
  readonly dataset: Dataset;
  /** The run's normalization; `channelStatistics(train)` if none was passed to the run. */
  readonly normalization: Normalization;
  /**
   * At least 2. Default 64. Use the run's: the attention normalizes by its batch. A last batch of one image is left
   * out.
   */
  readonly batchSize?: number | undefined;
}

/** Mean attention between student and teacher maps over a dataset. */
export interface AttentionOver {
  /** Taps of the student, the rows. */
  readonly studentMaps: readonly string[];
  /** Taps of the teacher, the columns. */
  readonly teacherMaps: readonly string[];
  /** Mean weight of each pair. Rows sum to 1 for `student-query`, columns for `teacher-query` (to less for gated maps). */
  readonly attention: readonly (readonly number[])[];
  /** Share of images for which each pair was kept; for `rtk`, how often each teacher key was representative. */
  readonly kept: readonly (readonly number[])[];
  /** Number of images evaluated. */
  readonly images: number;
}

/**
 * Mean attention over a dataset, and how often each teacher key was kept. Networks run in inference mode; the attention
 * normalizes by each batch, as in training.
 *
 * ```ts
 * const normalization = await channelStatistics(train);
 * const look = {
 *   name: 'look',
 *   async epoch(_, run) {
 *     const weights = run.snapshot().tensors;
 *     seen = await attentionOver({ method, weights, teacher, student, dataset: train, normalization });
 *   },
 * };
 * ```
 *
 * @throws DistillError code `shape` for weights of other taps or another width, `tap` for taps that do not exist,
 *   `option` for a batch size or a dataset below 2, or a value that is not a network
 */
export async function attentionOver(options: AttentionOverOptions): Promise<AttentionOver> {
  expectOption('attentionOver', options, objectWith('method', 'weights', 'teacher', 'student', 'dataset'));
  const { method, dataset, normalization, batchSize = 64 } = options;
  expectOption('attentionOver.method', method, objectWith('name', 'options'));
  checkOptions('attentionOver.method.options', method.options, {} as AttentionOptions, attentionChecks);
  expectOption('attentionOver.weights', options.weights, objectWith());
  expectDatasetLike('attentionOver.dataset', dataset);
  expectOption('attentionOver.dataset.size', dataset.size, wholeNumber({ min: 2 }));
  expectOption('attentionOver.batchSize', batchSize, wholeNumber({ min: 2 }));
  const student = asNetwork(options.student, 'attentionOver.student');
  const own = asTeacher(options.teacher, 'attentionOver.teacher');
  try {
    const { imageShape } = dataset;
    const teacher = withInput(own, options.teacherInput ?? {}, { imageShape, normalization });
    const pair = layerPair(method.name, method.options, { teacher, student });
    const weights = attentionWeights(
      pair.attention,
      withoutPrefix(options.weights, Object.keys(attentionWeightShapes(pair.attention))),
    );
    const [students, teachers] = [tapNames(pair.student), tapNames(pair.teacher)];
    const asked = teacherAsRead(teacher, { teacher: teachers, condense: teacherSummaries(pair) });
    const sums = new Float64Array(2 * students.length * teachers.length);
    let images = 0;
    for (let start = 0; start < dataset.size; start += batchSize) {
      const size = Math.min(batchSize, dataset.size - start);
      // Batch norm over a single image normalizes everything to 0.
      if (size === 1) break;
      const positions = Int32Array.from({ length: size }, (_, offset) => start + offset);
      const pixels = await loadBatch(dataset, positions, { normalization });
      const batch = tf.tensor4d(pixels, [size, ...imageShape]);
      const taught = await askTeacher(asked.teacher, batch, asked.taps).catch((error: unknown) => {
        batch.dispose();
        throw error;
      });
      const means = tf.tidy(() => {
        const output = student.forward(batch, { taps: students });
        const maps = mapsOfStep(pair, { teacher: taught, student: output });
        const match = matchLayers(maps.teacher, maps.student, weights, pair.matching);
        const { attention, kept } = meanMatch(match, pair.matching.direction);
        return tf.stack([attention, kept]);
      });
      batch.dispose();
      taught.dispose();
      const values = await means.data();
      means.dispose();
      sums.forEach((sum, index) => (sums[index] = sum + size * (values[index] ?? 0)));
      images += size;
    }
    const meanOf = (part: number): number[][] =>
      students.map((_, row) =>
        teachers.map((__, column) => {
          const index = (part * students.length + row) * teachers.length + column;
          return (sums[index] ?? 0) / Math.max(images, 1);
        }),
      );
    return { studentMaps: students, teacherMaps: teachers, attention: meanOf(0), kept: meanOf(1), images };
  } finally {
    if (own !== options.teacher) own.dispose();
  }
}

function tapNames(layers: readonly MapLayer[]): string[] {
  return layers.map(({ name }) => name);
}

/** Picks the named weights. A snapshot prefixes their names with `auxiliary/`. */
function withoutPrefix(tensors: NamedTensors, names: readonly string[]): NamedTensors {
  return Object.fromEntries(
    names.flatMap((name) => {
      const tensor = tensors[name] ?? tensors[`auxiliary/${name}`];
      return tensor === undefined ? [] : [[name, tensor]];
    }),
  );
}

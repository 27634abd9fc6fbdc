import * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { loadBatch } from '../data/index.js';
import type { CheckedDataset, Dataset } from '../data/index.js';
import type { Exhibit, ExhibitAxis } from '../method/index.js';
import { askTeacher, teacherAsRead } from '../network/index.js';
import type { OwnedOutput } from '../network/index.js';
import type { TrainingPosition } from './optimizer.js';
import type { InspectedAxis, InspectedExhibit } from './report.js';
import type { Run, RunPhase } from './state.js';
import { stepView } from './step-gradients.js';

/**
 * What a phase shows for inspection with the current weights, on a fixed batch of training images: unaugmented,
 * classes in proportion, sorted by class.
 *
 * @returns the exhibits; empty if the phase has nothing to show
 */
export async function inspectPhase(
  run: Run,
  { phase, sampler }: RunPhase,
  position: TrainingPosition,
): Promise<InspectedExhibit[]> {
  if (phase.inspect === undefined) return [];
  const { train, normalization } = run;
  const indices = spreadOverClasses(train, sampler.batchSize);
  const pixels = await loadBatch(train, indices, { normalization });
  const images = tf.tensor4d(pixels, [indices.length, ...train.imageShape]);
  const asked =
    phase.reads.teacher === undefined || run.teacher === undefined
      ? undefined
      : teacherAsRead(run.teacher, phase.reads);
  let teacher: OwnedOutput | undefined;
  let exhibits: Readonly<Record<string, Exhibit>> = {};
  try {
    teacher = asked && (await askTeacher(asked.teacher, images, asked.taps));
    exhibits = withoutTape(() =>
      tf.tidy(() => {
        const labels = tf.tensor1d(
          Int32Array.from(indices, (index) => train.labels[index] ?? 0),
          'int32',
        );
        const students = run.students.map((student, index) => {
          const taps = phase.reads.students?.[index];
          return taps === undefined ? undefined : student.forward(images, { taps });
        });
        const random = run.random.fork('inspect');
        const input = { images, labels, indices, random, position, step: 0 };
        // A record of records of tensors: tidy keeps the tensors that it finds in the result.
        return phase.inspect?.(
          stepView(phase, input, train.classes, students, teacher),
        ) as tf.TensorContainer;
      }),
    ) as unknown as typeof exhibits;
    return await Promise.all(Object.entries(exhibits).map(([name, exhibit]) => asData(name, exhibit, train)));
  } finally {
    images.dispose();
    teacher?.dispose();
    tf.dispose(exhibits as unknown as tf.TensorContainer);
  }
}

function spreadOverClasses({ size, labels }: CheckedDataset, count: number): Int32Array {
  const byClass = Int32Array.from({ length: size }, (_, index) => index).sort(
    (a, b) => (labels[a] ?? 0) - (labels[b] ?? 0) || a - b,
  );
  const taken = Math.min(count, size);
  return Int32Array.from({ length: taken }, (_, place) => byClass[Math.floor((place * size) / taken)] ?? 0);
}

async function asData(name: string, exhibit: Exhibit, data: Dataset): Promise<InspectedExhibit> {
  const { title, values, panels } = exhibit;
  const matrices = values.rank === 2 ? [await values.array()] : await values.array();
  return {
    name,
    title,
    rows: await axisAsData(exhibit.rows, data),
    columns: await axisAsData(exhibit.columns, data),
    panels: (matrices as number[][][]).map((matrix, index) => ({ name: panels?.[index], values: matrix })),
  };
}

async function axisAsData({ title, labels }: ExhibitAxis, { classNames }: Dataset): Promise<InspectedAxis> {
  if (!(labels instanceof tf.Tensor)) return { title, labels: labels };
  const classes = Array.from(await labels.data());
  return {
    title,
    labels: classes.map((index) => classNames?.[index] ?? (index < 0 ? 'unlabelled' : `class ${index}`)),
  };
}

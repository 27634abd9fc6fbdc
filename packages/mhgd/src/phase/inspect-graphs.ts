import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Embedding, Exhibit, Step } from '@distilljs/core';
import { attentionGraphs } from '../attention/index.js';
import type { Graphs } from '../attention/index.js';
import { knownVectors, senseStudent } from '../compression/index.js';
import type { MhgdOptions } from '../options.js';
import { headVectors } from './heads-phase.js';
import type { MhgdState } from './heads-phase.js';

/** Images shown: enough to recognize classes, few enough to tell cells apart. */
const SHOWN = 32;

/**
 * The teacher's and the student's graphs of one batch side by side: the mean over heads per module, and every head of
 * the last module.
 */
export function inspectGraphs(
  step: Step,
  { points, modules }: MhgdState,
  options: MhgdOptions,
): Readonly<Record<string, Exhibit>> {
  const ofTeacher = knownVectors(step.teacher, points);
  const ofStudent = senseStudent(step.student, points, ofTeacher, options.candidates);
  const n = step.images.shape[0];
  const shown = Math.min(SHOWN, n);
  const places = tf.tensor1d(
    Int32Array.from({ length: shown }, (_, place) => Math.floor((place * n) / shown)),
    'int32',
  );
  const pick = (vectors: Embedding): Embedding => tf.gather(vectors, places);
  const labels = tf.gather(step.labels, places);
  const teacher = attentionGraphs(headVectors(ofTeacher, points).map(pick), modules, labels);
  const student = attentionGraphs(headVectors(ofStudent, points).map(pick), modules, labels);

  const exhibit = (title: string, panels: readonly string[], values: Tensor3D): Exhibit => ({
    title,
    values,
    panels,
    rows: { title: 'image, at the back', labels },
    columns: { title: 'image, at the front', labels },
  });
  const means = modules.map((_, index) => {
    const mean = (graphs: readonly Graphs[]): tf.Tensor => tf.mean(graphs[index] as Graphs, 0);
    const both = tf.stack([mean(teacher.graphs), mean(student.graphs)]) as Tensor3D;
    const title = `Attention of module ${index + 1}, mean over heads`;
    return [`module${index + 1}`, exhibit(title, ['teacher', 'student'], both)] as const;
  });
  const last = modules.length - 1;
  const pairs = [teacher.graphs[last], student.graphs[last]] as Graphs[];
  const names = Array.from({ length: options.heads }, (_, head) => [
    `teacher, head ${head + 1}`,
    `student, head ${head + 1}`,
  ]).flat();
  // [A, 2, n, n]: each head of the teacher next to the same head of the student.
  const interleaved = tf.reshape<tf.Rank.R3>(tf.stack(pairs, 1), [2 * options.heads, shown, shown]);
  return {
    ...Object.fromEntries(means),
    heads: exhibit(`Attention of module ${modules.length}, head by head`, names, interleaved),
  };
}

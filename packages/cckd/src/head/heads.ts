import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { DistillError } from '@distilljs/core';
import type { Embedding, Prepared, Random, Step, TaughtContext } from '@distilljs/core';
import type { EmbeddingWidths } from '../auxiliary-cost.js';
import type { CckdOptions } from '../options.js';
import { pooledEmbedding, pooledWidth } from '../pooled-embedding.js';
import { createFrozenProjection } from './frozen-projection.js';
import { applyStudentHead, createStudentHead } from './student-head.js';
import type { StudentHead } from './student-head.js';

/** The heads of a run; both are left out when embeddings are used as they are. */
export interface Heads {
  readonly student?: StudentHead | undefined;
  /** `[d, embeddingWidth]`; left out where the teacher's embedding has that width already. */
  readonly teacher?: Tensor2D | undefined;
}

type HeadOptions = Pick<
  CckdOptions,
  'embeddingWidth' | 'studentTap' | 'teacherTap' | 'instance' | 'kdWeight'
>;

/**
 * Widths of what both taps give. Makes nothing: what it refuses costs no pass of the teacher.
 *
 * @throws DistillError code `shape` when a tap is no embedding, or widths differ where `mimic` compares them
 */
export function embeddingWidths(
  { students: [student], teacher }: Pick<TaughtContext, 'students' | 'teacher'>,
  options: HeadOptions,
): EmbeddingWidths {
  const { studentTap, teacherTap } = options;
  const widths = {
    student: pooledWidth(`student tap '${studentTap}'`, student.tapShape(studentTap)),
    teacher: pooledWidth(`teacher tap '${teacherTap}'`, teacher.tapShape(teacherTap)),
  };
  if (options.embeddingWidth === 'none') expectMimicFits(options, widths);
  return widths;
}

/** Makes the student's head and the teacher's frozen projection that `embeddingWidth` asks for. */
export function createHeads(
  random: Random,
  embeddingWidth: CckdOptions['embeddingWidth'],
  widths: EmbeddingWidths,
): Prepared<Heads> {
  if (embeddingWidth === 'none') return { state: {} };
  const student = createStudentHead(widths.student, embeddingWidth, random.fork('student-head'));
  const teacher =
    widths.teacher === embeddingWidth
      ? undefined
      : createFrozenProjection(widths.teacher, embeddingWidth, random.fork('teacher-projection'));
  return {
    state: { student, teacher },
    variables: { 'head/kernel': student.kernel, 'head/bias': student.bias },
    dispose() {
      tf.dispose([student.kernel, student.bias]);
      teacher?.dispose();
    },
  };
}

/** The student's embedding in this step, `[n, d]`: its tap, through its head if there is one. */
export function studentEmbedding(step: Step, options: HeadOptions, heads: Heads): Embedding {
  const embedding = pooledEmbedding(
    `student tap '${options.studentTap}'`,
    step.student.tap(options.studentTap),
  );
  return heads.student ? applyStudentHead(embedding, heads.student) : embedding;
}

/** The teacher's embedding in this step, `[n, d]`: its tap, through its frozen projection if there is one. */
export function teacherEmbedding(step: Step, options: HeadOptions, heads: Heads): Embedding {
  const embedding = pooledEmbedding(
    `teacher tap '${options.teacherTap}'`,
    step.teacher.tap(options.teacherTap),
  );
  return heads.teacher ? tf.matMul(embedding, heads.teacher) : embedding;
}

function expectMimicFits({ instance, kdWeight }: HeadOptions, { student, teacher }: EmbeddingWidths): void {
  if (instance !== 'mimic' || kdWeight === 0 || student === teacher) return;
  throw new DistillError({
    code: 'shape',
    where: 'cckd.instance',
    expected: 'embeddings of one width for mimic',
    got: `student ${student}, teacher ${teacher}`,
    hint: `Set embeddingWidth: ${teacher}, or tap layers of one width.`,
  });
}

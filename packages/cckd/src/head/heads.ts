import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { DistillError } from '@distilljs/core';
import type { Embedding, PlanContext, Prepared, Step } from '@distilljs/core';
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

type HeadOptions = Pick<CckdOptions, 'embeddingWidth' | 'studentTap' | 'teacherTap' | 'instance' | 'alpha'>;

/**
 * Checks both taps, and makes the student's head and the teacher's frozen projection that `embeddingWidth` asks for.
 *
 * @throws DistillError code `shape` when a tap is no embedding, or widths differ where `mimic` compares them
 */
export function createHeads(context: PlanContext, options: HeadOptions): Prepared<Heads> {
  const { studentTap, teacherTap, embeddingWidth } = options;
  const studentWidth = pooledWidth(`student tap '${studentTap}'`, context.student.tapShape(studentTap));
  const teacherWidth = pooledWidth(`teacher tap '${teacherTap}'`, context.teacher.tapShape(teacherTap));
  if (embeddingWidth === 'none') {
    expectMimicFits(options, studentWidth, teacherWidth);
    return { state: {} };
  }
  const student = createStudentHead(studentWidth, embeddingWidth, context.random.fork('student-head'));
  const teacher =
    teacherWidth === embeddingWidth
      ? undefined
      : createFrozenProjection(teacherWidth, embeddingWidth, context.random.fork('teacher-projection'));
  return {
    state: { student, teacher },
    variables: { 'head/kernel': student.kernel, 'head/bias': student.bias },
    cost: {
      trainParameters: (studentWidth + 1) * embeddingWidth,
      trainMacs: (studentWidth + (teacher ? teacherWidth : 0)) * embeddingWidth,
      inferenceParameters: 0,
      inferenceMacs: 0,
    },
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

function expectMimicFits({ instance, alpha }: HeadOptions, studentWidth: number, teacherWidth: number): void {
  if (instance !== 'mimic' || alpha === 1 || studentWidth === teacherWidth) return;
  throw new DistillError({
    code: 'shape',
    where: 'cckd.instance',
    expected: 'embeddings of one width for mimic',
    got: `student ${studentWidth}, teacher ${teacherWidth}`,
    hint: `Set embeddingWidth: ${teacherWidth}, or tap layers of one width.`,
  });
}

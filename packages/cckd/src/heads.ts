import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import {
  DistillError,
  expectRandom,
  expectShape,
  expectShapes,
  expectSizes,
  orthogonal,
  pooledEmbedding,
  pooledWidth,
} from '@distilljs/core';
import type { AuxiliaryCost, Embedding, Prepared, Random, Step, TaughtContext } from '@distilljs/core';
import type { CckdOptions } from './options.js';

/** A dense layer beside the student that maps its embedding to a chosen width; it is trained with the student. */
export interface StudentHead {
  /** `[d, width]`. */
  readonly kernel: Variable<tf.Rank.R2>;
  /** `[width]`. */
  readonly bias: Variable<tf.Rank.R1>;
}

/**
 * A new head: kernel uniform in `±√(6 / (d + width))` (Glorot), bias 0.
 *
 * @param inputWidth d, the width of the student's embedding
 * @param width of the head's output
 * @param random source of the initial weights
 * @throws DistillError code `option`
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 4.1: one fully connected layer, 128 wide on CIFAR-100 and
 *   ImageNet
 *
 * Certainty: in the paper the layer is part of both networks, below their classifiers. Here it stands beside the
 * student's classifier, so that any student can have one.
 */
export function createStudentHead(inputWidth: number, width: number, random: Random): StudentHead {
  expectSizes('createStudentHead', { inputWidth, width });
  expectRandom('createStudentHead(random)', random);
  const limit = Math.sqrt(6 / (inputWidth + width));
  const initial = Float32Array.from({ length: inputWidth * width }, () => limit * (2 * random.uniform() - 1));
  return tf.tidy(() => ({
    kernel: tf.variable<tf.Rank.R2>(tf.tensor2d(initial, [inputWidth, width])),
    bias: tf.variable<tf.Rank.R1>(tf.zeros<tf.Rank.R1>([width])),
  }));
}

/**
 * The head's output `f W + b`.
 *
 * @param embedding f, `[n, d]`
 * @returns `[n, width]`
 * @throws DistillError code `shape`, or `option` for a value that is not a head
 */
export function applyStudentHead(embedding: Embedding, head: StudentHead): Embedding {
  expectShapes('applyStudentHead(head)', head, { kernel: [null, null], bias: [null] });
  const [inputWidth, width] = head.kernel.shape;
  expectShapes('applyStudentHead(head)', head, { bias: [width] });
  expectShape('applyStudentHead(embedding)', embedding, [null, inputWidth]);
  return tf.tidy(() =>
    tf.add<Tensor2D>(tf.matMul(embedding, head.kernel as Tensor2D), head.bias as Tensor1D),
  );
}

/**
 * The teacher's counterpart of the student's head: a fixed random matrix with orthonormal columns or rows. With w ≤ d
 * the columns are orthonormal (`PᵀP = I`), and a cosine near 0 moves by about `√(1/w − 1/d)`. With w > d the rows are
 * (`PPᵀ = I`), and every cosine is preserved.
 *
 * It is never trained. A trainable map on the teacher's side has a trivial minimum: both sides collapse onto one
 * direction, all correlations are equal, and the loss is 0.
 *
 * Certainty: the paper does not say where the teacher's layer comes from. Most likely it was trained with the teacher's
 * classifier. If a teacher has such a layer, tap it there instead of using this projection.
 *
 * @param inputWidth d, the width of the teacher's embedding
 * @param width w
 * @param random source of the matrix
 * @returns `[d, w]`; the caller disposes it
 * @throws DistillError code `option`
 */
export function createFrozenProjection(inputWidth: number, width: number, random: Random): Tensor2D {
  expectSizes('createFrozenProjection', { inputWidth, width });
  expectRandom('createFrozenProjection(random)', random);
  return tf.tensor2d(orthogonal(inputWidth, width, random), [inputWidth, width]);
}

/** Widths of the two embeddings, as tapped. */
export interface EmbeddingWidths {
  readonly student: number;
  readonly teacher: number;
}

/**
 * Training cost of heads and correlations: the student's head, the teacher's projection, and one row of each
 * correlation matrix per image. That row takes `n · (d_s + d_t)` multiply–accumulates (none for `mmd-mean`, which has
 * no products). The exported student has no such cost.
 *
 * @param batchSize n
 */
export function auxiliaryCost(
  { embeddingWidth, kernel, beta }: Pick<CckdOptions, 'embeddingWidth' | 'kernel' | 'beta'>,
  { student, teacher }: EmbeddingWidths,
  batchSize: number,
): AuxiliaryCost {
  const compares = beta > 0 && kernel !== 'mmd-mean';
  const pairs = (widths: number): number => (compares ? batchSize * widths : 0);
  if (embeddingWidth === 'none') return trainingCost(0, pairs(student + teacher));
  const projected = embeddingWidth === teacher ? 0 : teacher;
  return trainingCost(
    (student + 1) * embeddingWidth,
    (student + projected) * embeddingWidth + pairs(2 * embeddingWidth),
  );
}

function trainingCost(trainParameters: number, trainMacs: number): AuxiliaryCost {
  return { trainParameters, trainMacs, inferenceParameters: 0, inferenceMacs: 0 };
}

/** The heads of a run; both are left out when embeddings are used unchanged. */
export interface Heads {
  readonly student?: StudentHead | undefined;
  /** The frozen projection, `[d, embeddingWidth]`; left out where the teacher's embedding already has that width. */
  readonly teacher?: Tensor2D | undefined;
}

type HeadOptions = Pick<
  CckdOptions,
  'embeddingWidth' | 'studentTap' | 'teacherTap' | 'instance' | 'kdWeight'
>;

/**
 * Widths of both tapped embeddings. Creates no tensors and runs no network.
 *
 * @throws DistillError code `shape` when a tap is not an embedding, or widths differ where `mimic` compares them
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

/** Creates the student's head and the teacher's frozen projection for `embeddingWidth`; none for `none`. */
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

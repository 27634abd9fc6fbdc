import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { adaptiveAveragePool, DistillError, mapShape } from '@distilljs/core';
import type {
  Condense,
  Embedding,
  FeatureMap,
  NamedVariables,
  NetworkOutput,
  Random,
  TaughtContext,
} from '@distilljs/core';
import { expectFrontToBack, tapsOf } from '../sensing-points.js';
import type { TapChoice } from '../sensing-points.js';
import { alignedVectors } from './aligned-vectors.js';
import type { AlignedVectors } from './aligned-vectors.js';
import { positionRows } from './gram.js';
import { createProjection, project, projectionWeights } from './projection.js';
import type { Projection } from './projection.js';
import { teacherVectors } from './right-vectors.js';
import type { TeacherVectors } from './right-vectors.js';

/** The layers at which both networks are tapped, from front to back; neighbours bound a module. */
export interface SensingTaps {
  readonly studentTaps: TapChoice;
  readonly teacherTaps: TapChoice;
}

/** A student's map and the teacher's map that it is compared with. */
export interface MapPair {
  readonly studentTap: string;
  readonly teacherTap: string;
  /** C_S, channels of the student's map before any projection. */
  readonly studentChannels: number;
  /** C_T, channels of the teacher's map, and of the student's after any projection. */
  readonly channels: number;
  /**
   * Height and width of the student's map when it is compressed. A map of at least twice the teacher's size is averaged
   * over blocks first.
   */
  readonly studentSize: readonly [number, number];
  /** h·w of {@link studentSize}. */
  readonly studentPositions: number;
  /** h·w of the teacher's map. */
  readonly teacherPositions: number;
}

/** One place at which both networks are tapped. */
export interface SensingPoint extends MapPair {
  /** P, `[C_T, c]`: heads see `v P` in place of a vector v. Left out where they see all of v. */
  readonly sketch?: Tensor2D | undefined;
  /** Left out where both maps have the same number of channels. */
  readonly projection?: Projection | undefined;
}

/**
 * Checks the taps of both networks. Creates no tensors.
 *
 * @param method name for messages
 * @throws DistillError code `option` for lists of different lengths, fewer than two taps, or taps that are not in order;
 *   code `tap` or `shape` for taps that do not exist or are not feature maps
 */
export function mapPairs(
  method: string,
  { students: [student], teacher }: Pick<TaughtContext, 'students' | 'teacher'>,
  taps: SensingTaps,
): MapPair[] {
  const choices = { student: taps.studentTaps, teacher: taps.teacherTaps };
  const { student: studentTaps, teacher: teacherTaps } = tapsOf(method, { student, teacher }, choices);
  if (studentTaps.length !== teacherTaps.length || studentTaps.length < 2) {
    throw new DistillError({
      code: 'option',
      where: `${method}.studentTaps and ${method}.teacherTaps`,
      expected: 'as many taps of the student as of the teacher, at least two, from front to back',
      got: `${studentTaps.length} and ${teacherTaps.length}`,
    });
  }
  const pairs = studentTaps.map((studentTap, index): MapPair => {
    const teacherTap = teacherTaps[index] ?? '';
    const ofStudent = mapShape(`${method}.studentTaps`, student, studentTap);
    const ofTeacher = mapShape(`${method}.teacherTaps`, teacher, teacherTap);
    const [height, width] = comparableSize(ofStudent, ofTeacher);
    return {
      studentTap,
      teacherTap,
      studentChannels: ofStudent[2],
      channels: ofTeacher[2],
      studentSize: [height, width],
      studentPositions: height * width,
      teacherPositions: ofTeacher[0] * ofTeacher[1],
    };
  });
  expectFrontToBack(`${method}.studentTaps`, student, studentTaps);
  expectFrontToBack(`${method}.teacherTaps`, teacher, teacherTaps);
  return pairs;
}

/** The teacher has nothing to teach about finer detail than its own, and a map k times its size has k² times the positions. */
function comparableSize(student: readonly number[], teacher: readonly number[]): [number, number] {
  const [height = 1, width = 1] = student;
  const factor = Math.max(1, Math.floor(Math.min(height / (teacher[0] ?? 1), width / (teacher[1] ?? 1))));
  return [Math.ceil(height / factor), Math.ceil(width / factor)];
}

/**
 * Creates the projections and sketches that the pairs need.
 *
 * @param width largest width of the vectors that the heads see. Default: unlimited
 */
export function createSensingPoints(
  pairs: readonly MapPair[],
  random: Random,
  width = Infinity,
): SensingPoint[] {
  return pairs.map((pair, index) => {
    const { studentChannels, channels } = pair;
    const stream = random.fork(`projection-${index}`);
    const projection =
      studentChannels === channels ? undefined : createProjection(studentChannels, channels, stream);
    const sketch =
      channels > width ? createSketch(channels, width, random.fork(`sketch-${index}`)) : undefined;
    return { ...pair, projection, sketch };
  });
}

/**
 * A random projection `[channels, width]` with independent normal entries of standard deviation `1 / √width`. It
 * preserves lengths and angles up to about `1 / √width`.
 *
 * @see Johnson and Lindenstrauss, Extensions of Lipschitz mappings into a Hilbert space, 1984
 */
function createSketch(channels: number, width: number, random: Random): Tensor2D {
  const values = Float32Array.from({ length: channels * width }, () => random.normal() / Math.sqrt(width));
  return tf.tensor2d(values, [channels, width]);
}

/** Width of the vectors that the heads see at a point. */
export const headInputs = ({ channels, sketch }: SensingPoint): number => sketch?.shape[1] ?? channels;

/** Unit vectors as the heads see them: `[n, C_T]` → `[n, c]`, unit rows again. */
export function sketched(vectors: Embedding, { sketch }: SensingPoint): Embedding {
  if (sketch === undefined) return vectors;
  const short = tf.matMul<Embedding>(vectors, sketch);
  return tf.div(short, tf.sqrt(tf.maximum(tf.sum(tf.square(short), 1, true), 1e-12)));
}

/** Variables of all projections by name. */
export function projectionVariables(points: readonly SensingPoint[]): NamedVariables {
  const named = points.map(({ projection }, index) =>
    projection === undefined ? {} : projectionWeights(`projection${index + 1}`, projection),
  );
  return Object.assign({}, ...named) as NamedVariables;
}

/** The teacher's first `count` vectors at each point, constant. */
export function senseTeacher(
  output: NetworkOutput,
  points: readonly SensingPoint[],
  count: number,
): TeacherVectors[] {
  return points.map(({ teacherTap }) => teacherVectors(output.tap(teacherTap) as FeatureMap, count));
}

/** Keeps the teacher's first vectors instead of its maps: thousands of numbers per image, not hundreds of thousands. */
export const firstVectors = (points: readonly SensingPoint[]): Condense => ({
  shapes: Object.fromEntries(points.map((point) => [vectorName(point), [1, point.channels]])),
  of: (output) =>
    Object.fromEntries(
      points.map((point) => [
        vectorName(point),
        teacherVectors(output.tap(point.teacherTap) as FeatureMap, 1).vectors,
      ]),
    ),
});

/** {@link firstVectors} of a batch at each point, `[n, 1, C_T]`. */
export const knownVectors = (
  output: NetworkOutput,
  points: readonly SensingPoint[],
): Pick<TeacherVectors, 'vectors'>[] =>
  points.map((point) => ({ vectors: output.tap(vectorName(point)) as Tensor3D }));

const vectorName = ({ teacherTap }: MapPair): string => `first singular vector of ${teacherTap}`;

/** The student's vectors at each point, aligned to the teacher's. */
export function senseStudent(
  output: NetworkOutput,
  points: readonly SensingPoint[],
  teacher: readonly Pick<TeacherVectors, 'vectors'>[],
  candidates: number,
): AlignedVectors[] {
  return points.map(({ studentTap, studentSize, projection }, index) => {
    const map = output.tap(studentTap) as FeatureMap;
    const [height, width] = studentSize;
    const rows = positionRows(adaptiveAveragePool(map, { height, width }));
    const comparable = projection === undefined ? rows : project(rows, projection);
    return alignedVectors(
      comparable,
      (teacher[index] as Pick<TeacherVectors, 'vectors'>).vectors,
      candidates,
    );
  });
}

/** Share of all vectors, over points and images, for which a candidate other than the first was chosen. */
export function shareOfOthers(aligned: readonly AlignedVectors[]): tf.Scalar {
  return tf.mean(tf.step(tf.stack(aligned.map(({ taken }) => taken))));
}

/** `[n, 1, c]` → `[n, c]`. */
export function onlyVector({ vectors }: Pick<AlignedVectors, 'vectors'>): Tensor2D {
  return tf.squeeze(vectors, [1]);
}

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { DistillError, shapeText } from '@distilljs/core';
import type {
  FeatureMap,
  NamedVariables,
  NetworkOutput,
  NetworkShape,
  PlanContext,
  Random,
} from '@distilljs/core';
import { alignedVectors } from './aligned-vectors.js';
import { positionRows } from './gram.js';
import type { AlignedVectors } from './aligned-vectors.js';
import { createProjection, project, projectionWeights } from './projection.js';
import type { Projection } from './projection.js';
import { teacherVectors } from './teacher-vectors.js';
import type { TeacherVectors } from './teacher-vectors.js';

/** Where both networks are looked at, from front to back; neighbours bound a module. */
export interface SensingTaps {
  readonly studentTaps: readonly string[];
  readonly teacherTaps: readonly string[];
}

/** One place where both networks are looked at. */
export interface SensingPoint {
  readonly studentTap: string;
  readonly teacherTap: string;
  /** C_T, channels of the teacher's map, and of the student's after its {@link projection}. */
  readonly channels: number;
  /** h·w of the student's map. */
  readonly studentPositions: number;
  /** h·w of the teacher's map. */
  readonly teacherPositions: number;
  /** Left out where both maps have one number of channels. */
  readonly projection?: Projection | undefined;
}

/**
 * Checks the taps of both networks and makes the projections that they need.
 *
 * @param method name for messages
 * @throws DistillError code `option` for lists of different lengths or fewer than two taps; code `tap` or `shape` for taps
 *   that are not there or are no feature maps
 */
export function createSensingPoints(
  method: string,
  { student, teacher, random }: Pick<PlanContext, 'student' | 'teacher' | 'random'>,
  { studentTaps, teacherTaps }: SensingTaps,
): SensingPoint[] {
  expectPairs(method, studentTaps, teacherTaps);
  const shapes = studentTaps.map((studentTap, index) => {
    const teacherTap = teacherTaps[index] ?? '';
    const ofStudent = mapShape(`student tap '${studentTap}'`, student, studentTap);
    const ofTeacher = mapShape(`teacher tap '${teacherTap}'`, teacher, teacherTap);
    return { studentTap, teacherTap, ofStudent, ofTeacher };
  });
  return shapes.map(({ studentTap, teacherTap, ofStudent, ofTeacher }, index) => ({
    studentTap,
    teacherTap,
    channels: ofTeacher.channels,
    studentPositions: ofStudent.positions,
    teacherPositions: ofTeacher.positions,
    projection: projectionBetween(ofStudent.channels, ofTeacher.channels, random.fork(`projection-${index}`)),
  }));
}

/** Variables of all projections by name. */
export function projectionVariables(points: readonly SensingPoint[]): NamedVariables {
  const named = points.map(({ projection }, index) =>
    projection === undefined ? {} : projectionWeights(`projection${index + 1}`, projection),
  );
  return Object.assign({}, ...named) as NamedVariables;
}

/** The teacher's vectors at each point, constant. */
export function senseTeacher(
  output: NetworkOutput,
  points: readonly SensingPoint[],
  count: number,
): TeacherVectors[] {
  return points.map(({ teacherTap }) => teacherVectors(output.tap(teacherTap) as FeatureMap, count));
}

/** The student's vectors at each point, aligned to the teacher's. */
export function senseStudent(
  output: NetworkOutput,
  points: readonly SensingPoint[],
  teacher: readonly TeacherVectors[],
  candidates: number,
): AlignedVectors[] {
  return points.map(({ studentTap, projection }, index) => {
    const rows = positionRows(output.tap(studentTap) as FeatureMap);
    const comparable = projection === undefined ? rows : project(rows, projection);
    return alignedVectors(comparable, (teacher[index] as TeacherVectors).vectors, candidates);
  });
}

/** Share of all vectors, over points and images, for which another than the first candidate was taken. */
export function shareOfOthers(aligned: readonly AlignedVectors[]): tf.Scalar {
  return tf.mean(tf.step(tf.stack(aligned.map(({ taken }) => taken))));
}

/** `[n, 1, c]` → `[n, c]`. */
export function onlyVector({ vectors }: Pick<AlignedVectors, 'vectors'>): Tensor2D {
  return tf.squeeze(vectors, [1]);
}

function projectionBetween(student: number, teacher: number, random: Random): Projection | undefined {
  return student === teacher ? undefined : createProjection(student, teacher, random);
}

function expectPairs(method: string, studentTaps: readonly string[], teacherTaps: readonly string[]): void {
  if (studentTaps.length === teacherTaps.length && studentTaps.length >= 2) return;
  throw new DistillError({
    code: 'option',
    where: `${method}.studentTaps and ${method}.teacherTaps`,
    expected: 'as many taps of the student as of the teacher, at least two, from front to back',
    got: `${studentTaps.length} and ${teacherTaps.length}`,
  });
}

function mapShape(
  where: string,
  network: NetworkShape,
  tap: string,
): { positions: number; channels: number } {
  const shape = network.tapShape(tap);
  const [height = -1, width = -1, channels = -1] = shape;
  if (shape.length === 3 && Math.min(height, width, channels) > 0)
    return { positions: height * width, channels };
  throw new DistillError({
    code: 'shape',
    where,
    expected: 'a feature map [*, height, width, channels] of known size',
    got: shapeText([null, ...shape]),
    hint: 'Tap the end of a stage, before it is pooled.',
  });
}

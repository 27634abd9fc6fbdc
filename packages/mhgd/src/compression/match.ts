import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { peek } from '@distilljs/core';
import type { Tensor } from '@distilljs/core';
import { alignment } from './align.js';
import type { PositionRows } from './gram.js';
import { nextVectors, rightVectors } from './right-vectors.js';
import type { RightVectors } from './right-vectors.js';

/** Right vectors of maps, and which of them stand for the teacher's. */
export interface Match extends RightVectors {
  /** Rows of {@link alignment}, `[n, k, known]`. */
  readonly selection: Tensor3D;
}

/** The {@link Match} of each image of a batch. */
export interface Matches {
  /** Of all images; of the exceptions it does not count. */
  readonly usual: Match;
  /** Left out where there are none. */
  readonly exceptions?: Exceptions | undefined;
}

interface Exceptions {
  /** Of m images, among them all for which the usual match does not count. */
  readonly match: Match;
  /** Which images these are, rising, int32 `[m]`. */
  readonly images: Tensor1D;
  /** Where the match of each image stands in those of all images and the exceptions, one after the other, int32 `[n]`. */
  readonly order: Tensor1D;
}

/**
 * Matches the first `candidates` right vectors of a student's maps with a teacher's.
 *
 * For one vector of the teacher there is an early-out: squared cosines with orthonormal vectors sum to at most 1, so
 * `cos² ≥ ½` with the first vector proves that no other is better. Only the other images get the second to last candidate,
 * and only those that take one of these are exceptions. An engine that does not tell the cosines at once ({@link peek})
 * gives all images all candidates; the choice is the same, and so is the gradient that follows from it.
 *
 * @param rows student's maps, `[n, positions, c]`
 * @param teacher unit rows, `[n, k, c]`
 */
export function matchVectors(rows: PositionRows, teacher: Tensor3D, candidates: number): Matches {
  const first = rightVectors(rows, 1);
  if (teacher.shape[1] > 1) return { usual: aligned(nextVectors(rows, first, candidates - 1), teacher) };
  const usual = aligned(first, teacher);
  if (candidates === 1) return { usual };
  const open = unproven(first, teacher);
  if (open === undefined) return { usual, exceptions: onDevice(rows, first, teacher, candidates) };
  if (open.length === 0) return { usual };

  const among = tf.tensor1d(open, 'int32');
  const all = nextVectors(tf.gather(rows, among), pick(usual, among), candidates - 1);
  const match = aligned(all, tf.gather(teacher, among));
  const places = placesOf(peek(takenCandidate(match)) ?? [], (candidate) => candidate > 0);
  if (places.length === 0) return { usual };
  const images = places.map((place) => open[place] ?? NaN);
  const order = Int32Array.from({ length: rows.shape[0] }, (_, image) => image);
  images.forEach((image, place) => (order[image] = order.length + place));
  return {
    usual,
    exceptions: {
      match: pick(match, tf.tensor1d(places, 'int32')),
      images: tf.tensor1d(images, 'int32'),
      order: tf.tensor1d(order, 'int32'),
    },
  };
}

/** All images as exceptions; only those that take another vector than the first count as such. */
function onDevice(
  rows: PositionRows,
  first: RightVectors,
  teacher: Tensor3D,
  candidates: number,
): Exceptions {
  const match = aligned(nextVectors(rows, first, candidates - 1), teacher);
  const images = tf.range(0, rows.shape[0], 1, 'int32');
  const another = tf.step(tf.squeeze<Tensor1D>(takenCandidate(match), [1]));
  const order = tf.cast(tf.add<Tensor1D>(images, tf.mul(another, rows.shape[0])), 'int32');
  return { match, images, order };
}

/** Which candidate was taken, 0 for the first: `[n, k]`. */
export function takenCandidate({ selection }: Match): Tensor2D {
  return tf.cast(tf.argMax(tf.abs(selection), 2), 'float32');
}

/** `of` each image of the batch, by the match that counts for it. */
export function ofEach<T extends Tensor>({ usual, exceptions }: Matches, of: (match: Match) => T): T {
  return exceptions === undefined ? of(usual) : merged(of(usual), of(exceptions.match), exceptions);
}

/** Values of all images with those of the exceptions in their places. */
export function merged<T extends Tensor>(usual: T, unusual: T, { order }: Pick<Exceptions, 'order'>): T {
  return tf.gather(tf.concat<T>([usual, unusual], 0), order);
}

/** All tensors of matches in a fixed order: what tfjs can save for a gradient. */
export function tensorsOf({ usual, exceptions }: Matches): Tensor[] {
  const of = (match: Match): Tensor[] => PARTS.map((part) => match[part]);
  if (exceptions === undefined) return of(usual);
  return [...of(usual), ...of(exceptions.match), exceptions.images, exceptions.order];
}

/** The matches that {@link tensorsOf} took apart. */
export function matchesOf(tensors: readonly Tensor[]): Matches {
  const usual = fromParts(tensors);
  if (tensors.length === PARTS.length) return { usual };
  const [images, order] = tensors.slice(-2) as [Tensor1D, Tensor1D];
  return { usual, exceptions: { match: fromParts(tensors.slice(PARTS.length)), images, order } };
}

const PARTS = ['vectors', 'values', 'scale', 'rest', 'selection'] as const satisfies readonly (keyof Match)[];

function fromParts(tensors: readonly Tensor[]): Match {
  return Object.fromEntries(PARTS.map((part, place) => [part, tensors[place]])) as unknown as Match;
}

/** Images whose first vector is not proven to be the best; `undefined` where the engine does not tell. */
function unproven({ vectors }: RightVectors, teacher: Tensor3D): number[] | undefined {
  const cosines = peek(tf.matMul(teacher, vectors, false, true));
  return cosines && placesOf(cosines, (cosine) => cosine ** 2 < 0.5);
}

function placesOf(values: ArrayLike<number>, holds: (value: number) => boolean): number[] {
  return Array.from(values, (value, place) => (holds(value) ? place : -1)).filter((place) => place >= 0);
}

function pick(match: Match, images: Tensor1D): Match {
  return fromParts(PARTS.map((part) => tf.gather(match[part], images)));
}

function aligned(found: RightVectors, teacher: Tensor3D): Match {
  return { ...found, selection: alignment(found.vectors, teacher) };
}

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { peek } from '@distilljs/core';
import type { PositionRows } from './gram.js';
import { nextVectors, rightVectors } from './right-vectors.js';
import type { RightVectors } from './right-vectors.js';
import { alignment } from './sign-and-order.js';

/** Leading right vectors of a student's maps, and which of them match the teacher's. */
export interface Match extends RightVectors {
  /** The choice and sign of a vector per teacher vector, from {@link alignment}: `[n, k, number of vectors]`. */
  readonly selection: Tensor3D;
}

/**
 * Matches the first `candidates` right vectors of a student's maps with a teacher's vectors.
 *
 * With one teacher vector per map, most images need only their first vector. Squared cosines with orthonormal vectors
 * sum to at most 1, so `cos² ≥ ½` with the first vector proves that no other is better. Only the remaining images get
 * the other candidates. An engine that cannot read the cosines at once ({@link peek}) computes all candidates of all
 * images.
 *
 * With one teacher vector, an image that keeps its first vector has zeros for the others, even where they were
 * computed. So its gradient is the same on every engine.
 *
 * @param rows student's maps, `[n, positions, c]`
 * @param teacher unit rows, `[n, k, c]`
 * @param candidates at least k
 */
export function matchVectors(rows: PositionRows, teacher: Tensor3D, candidates: number): Match {
  const first = withSelection(rightVectors(rows, 1), teacher);
  if (candidates === 1) return first;
  if (teacher.shape[1] > 1) return withSelection(nextVectors(rows, first, candidates - 1), teacher);

  const images = unprovenImages(first, teacher);
  if (images === undefined) return bestOfAll(first, rows, teacher, candidates);
  if (images.length === 0) return first;
  const indices = tf.tensor1d(images, 'int32');
  const ofImages = (values: Tensor3D): Tensor3D => tf.gather(values, indices);
  const found = bestOfAll(
    eachPart((part) => ofImages(first[part])),
    ofImages(rows),
    ofImages(teacher),
    candidates,
  );
  return replaceImages(first, images, found);
}

/** Index of the candidate that was chosen, 0 for the first: `[n, k]`. */
export function takenCandidate({ selection }: Match): Tensor2D {
  return tf.cast(tf.argMax(tf.abs(selection), 2), 'float32');
}

/** Images whose first vector is not proven to be the best; `undefined` where the engine cannot read the cosines at once. */
function unprovenImages({ vectors }: RightVectors, teacher: Tensor3D): number[] | undefined {
  const cosines = peek(tf.matMul(teacher, vectors, false, true));
  return cosines && [...cosines.keys()].filter((image) => (cosines[image] ?? 0) ** 2 < 0.5);
}

/** The best of all candidates of every image, for one teacher vector. */
function bestOfAll(first: Match, rows: PositionRows, teacher: Tensor3D, candidates: number): Match {
  const all = withSelection(nextVectors(rows, first, candidates - 1), teacher);
  const firstAlone = padded(first, all.vectors.shape[1]);
  const takesFirst = tf.expandDims(tf.equal(takenCandidate(all), 0), 2);
  return eachPart((part) => tf.where<Tensor3D>(takesFirst, firstAlone[part], all[part]));
}

/** The matches of all images, with those at `images` replaced. */
function replaceImages(first: Match, images: readonly number[], replacements: Match): Match {
  const all = padded(first, replacements.vectors.shape[1]);
  const batchSize = all.vectors.shape[0];
  const order = Int32Array.from({ length: batchSize }, (_, image) => image);
  images.forEach((image, place) => (order[image] = batchSize + place));
  const indices = tf.tensor1d(order, 'int32');
  return eachPart((part) => tf.gather(tf.concat<Tensor3D>([all[part], replacements[part]], 0), indices));
}

/** The same match, padded with zero vectors to `count`. */
function padded(match: Match, count: number): Match {
  const more = count - match.vectors.shape[1];
  return {
    ...match,
    vectors: tf.pad(match.vectors, [[0, 0], [0, more], [0, 0]]), // prettier-ignore
    values: tf.pad(match.values, [[0, 0], [0, more], [0, 0]]), // prettier-ignore
    selection: tf.pad(match.selection, [[0, 0], [0, 0], [0, more]]), // prettier-ignore
  };
}

function withSelection(found: RightVectors, teacher: Tensor3D): Match {
  return { ...found, selection: alignment(found.vectors, teacher) };
}

function eachPart(make: (part: keyof Match) => Tensor3D): Match {
  return {
    vectors: make('vectors'),
    values: make('values'),
    scale: make('scale'),
    rest: make('rest'),
    selection: make('selection'),
  };
}

import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { withoutTape } from '@distilljs/core';
import type { FeatureMap } from '@distilljs/core';
import { positionRows } from './gram.js';
import { rightVectors, singularValues } from './right-vectors.js';
import { positiveSign } from './sign-rule.js';

/** A teacher's leading vectors, constant. */
export interface TeacherVectors {
  /** Unit rows, largest entry positive, `[n, k, c]`. */
  readonly vectors: Tensor3D;
  /** `[n, k]`, falling. */
  readonly singularValues: Tensor2D;
}

/**
 * The first `count` right singular vectors of a teacher's maps and their singular values.
 *
 * @param map `[n, h, w, c]`
 */
export function teacherVectors(map: FeatureMap, count: number): TeacherVectors {
  return withoutTape(() =>
    tf.tidy(() => {
      const found = rightVectors(positionRows(map), count);
      return { vectors: positiveSign(found.vectors), singularValues: singularValues(found) };
    }),
  );
}

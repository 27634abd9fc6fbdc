import type { AuxiliaryCost } from '@distilljs/core';
import type { CckdOptions } from './options.js';

/** Widths of the two embeddings as they are tapped. */
export interface EmbeddingWidths {
  readonly student: number;
  readonly teacher: number;
}

/**
 * What heads and correlations cost while training: the student's head, the teacher's projection, and per image one row of
 * each matrix, `n · (d_s + d_t)` multiply–accumulates (none for `mmd-mean`, which has no products). The exported
 * student has none of it.
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

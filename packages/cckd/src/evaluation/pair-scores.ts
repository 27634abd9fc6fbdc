import { DistillError } from '@distilljs/core';
import { expectLength } from './expect-length.js';
import { cosine, unitTable } from './unit-table.js';
import type { EmbeddingRows } from './unit-table.js';

/** Similarities of pairs that show one identity, and of pairs that show two. */
export interface PairScores {
  readonly genuine: ArrayLike<number>;
  readonly impostor: ArrayLike<number>;
}

/**
 * Cosines of all `n (n − 1) / 2` pairs of rows, split by whether their labels agree: input of the verification functions.
 *
 * @param labels identity per row
 * @throws DistillError code `shape` when lengths or widths do not fit
 */
export function pairScores(embeddings: EmbeddingRows, labels: ArrayLike<number>): PairScores {
  const table = unitTable('pairScores(embeddings)', embeddings);
  expectLength('pairScores(labels)', labels, table.size);
  const sizes = new Map<number, number>();
  for (let row = 0; row < table.size; row++) {
    const label = labels[row] ?? 0;
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  const pairs = (size: number): number => (size * (size - 1)) / 2;
  const genuineCount = [...sizes.values()].reduce((sum, size) => sum + pairs(size), 0);
  const genuine = new Float32Array(genuineCount);
  const impostor = new Float32Array(pairs(table.size) - genuineCount);
  let genuineDone = 0;
  let impostorDone = 0;
  for (let a = 0; a < table.size; a++) {
    for (let b = a + 1; b < table.size; b++) {
      const score = cosine(table, a, table, b);
      if (labels[a] === labels[b]) genuine[genuineDone++] = score;
      else impostor[impostorDone++] = score;
    }
  }
  return { genuine, impostor };
}

/**
 * Throws unless there is a pair of either kind, and no score is NaN.
 *
 * @throws DistillError code `shape`, or `numeric` for NaN
 */
export function expectPairs(where: string, { genuine, impostor }: PairScores): void {
  for (const [kind, scores] of Object.entries({ genuine, impostor })) {
    for (let position = 0; position < scores.length; position++) {
      if (!Number.isNaN(scores[position])) continue;
      const got = `NaN as ${kind} score ${position}`;
      throw new DistillError({ code: 'numeric', where, expected: 'scores that are numbers', got });
    }
  }
  if (genuine.length > 0 && impostor.length > 0) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: 'at least one genuine and one impostor pair',
    got: `${genuine.length} genuine and ${impostor.length} impostor pairs`,
  });
}

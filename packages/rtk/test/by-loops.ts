import { runsOfOneShape } from '../src/index.js';
import type { Matching } from '../src/index.js';

/** A feature map of one image, `[height][width][channels]`. */
type Features = readonly (readonly (readonly number[])[])[];
type Matrix = number[][];

/** A match of one image, by plain loops. */
export interface LoopMatch {
  /** `[queries][keys]`, 0 or 1. */
  readonly kept: Matrix;
  readonly attention: Matrix;
  readonly distances: Matrix;
}

/**
 * What `matchLayers` should find for one image, written from the formulas: float64, pair by pair.
 *
 * @param all attention over all keys, `[queries][keys]`
 */
export function matchedByLoops(
  teacher: readonly Features[],
  student: readonly Features[],
  all: Matrix,
  { direction, grid, rule, keep }: Omit<Matching, 'runs' | 'distance'>,
): LoopMatch {
  const teacherAsks = direction === 'teacher-query';
  const [queries, keys] = teacherAsks ? [teacher, student] : [student, teacher];
  const onGridOf = (query: Features, key: Features): [Matrix, Matrix] => {
    const target = (grid === 'teacher') === teacherAsks ? query : key;
    return [unit(query, target), unit(key, target)];
  };
  const compare = (measure: (v: number[], w: number[]) => number): Matrix =>
    queries.map((query) =>
      keys.map((key) => {
        const [v, w] = onGridOf(query, key);
        return measure(v.flat(), w.flat());
      }),
    );
  const cosines = compare(dot);
  const distances = compare(
    (v, w) => v.reduce((sum, value, at) => sum + (value - (w[at] ?? 0)) ** 2, 0) / v.length,
  );
  const perTeacher = (chosen: number[]): Matrix =>
    all.map((row, query) => row.map((_, key) => chosen[teacherAsks ? query : key] ?? 0));
  const kept = keptBy();
  const gated = teacherAsks && (rule === 'stageMedoid' || rule === 'bestMatch');
  const attention = all.map((row, query) => {
    const masked = row.map((share, key) => share * (kept[query]?.[key] ?? 0));
    const sum = gated ? 1 : masked.reduce((total, share) => total + share, 0);
    return masked.map((share) => share / sum);
  });
  return { kept, attention, distances };

  function keptBy(): Matrix {
    switch (rule) {
      case 'none':
        return all.map((row) => row.map(() => 1));
      case 'topk':
        return all.map((row) => top(row, keep));
      case 'aboveUniform':
        return all.map((row) => row.map((share) => Number(share >= 1 / row.length)));
      case 'bestMatch': {
        const best = teacher.map((_, place) =>
          Math.max(...(teacherAsks ? (cosines[place] ?? []) : cosines.map((row) => row[place] ?? 0))),
        );
        return perTeacher(top(best, keep));
      }
      case 'stageMedoid': {
        const runs = runsOfOneShape(teacher.map((map) => [map.length, map[0]?.[0]?.length ?? 0]));
        return perTeacher(
          runs.flatMap((run) => top(likeness(run.map((place) => teacher[place] as Features)), 1)),
        );
      }
    }
  }
}

/** Mean cosine of each map with the others; 0 for one alone. */
function likeness(run: readonly Features[]): number[] {
  return run.map((map, place) => {
    const others = run.filter((_, other) => other !== place);
    const cosines = others.map((other) => dot(unit(map, map).flat(), unit(other, map).flat()));
    return cosines.reduce((sum, cosine) => sum + cosine, 0) / Math.max(others.length, 1);
  });
}

/** 1 at the k largest, the earlier ones of equals. */
function top(scores: readonly number[], keep: number): number[] {
  return scores.map((score, place) =>
    Number(scores.filter((other, at) => other > score || (other === score && at < place)).length < keep),
  );
}

const dot = (v: readonly number[], w: readonly number[]): number =>
  v.reduce((sum, value, at) => sum + value * (w[at] ?? 0), 0);

/** Energies, pooled to the grid of `target`, at unit length. */
function unit(map: Features, target: Features): Matrix {
  const [height, width] = [map.length, map[0]?.length ?? 0];
  const [rows, columns] = [target.length, target[0]?.length ?? 0];
  const window = (place: number, from: number, to: number): number[] => {
    const [first, end] = [Math.floor((place * from) / to), Math.ceil(((place + 1) * from) / to)];
    return Array.from({ length: end - first }, (_, offset) => first + offset);
  };
  const pooled = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => {
      const pixels = window(row, height, rows).flatMap((y) =>
        window(column, width, columns).map((x) => map[y]?.[x] ?? []),
      );
      return pixels.reduce((sum, pixel) => sum + dot(pixel, pixel), 0) / pixels.length;
    }),
  );
  const length = Math.sqrt(dot(pooled.flat(), pooled.flat()));
  return pooled.map((row) => row.map((energy) => energy / length));
}

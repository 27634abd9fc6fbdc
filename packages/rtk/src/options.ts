import { eitherOf, listOf, nonNegative, oneOf, text, wholeNumber, temperatureRange } from '@distilljs/core';
import type { OptionChecks } from '@distilljs/core';

/** Who queries whom: `teacher-query` as in the base method, `student-query` with the roles swapped. */
export type Direction = 'teacher-query' | 'student-query';
/** Which pairs of layers are kept; see {@link AttentionOptions.select}. */
export type SelectionRule = 'none' | 'topk' | 'aboveUniform' | 'stageMedoid' | 'bestMatch';
/** How two energy maps are compared; see {@link AttentionOptions.distance}. */
export type MapDistance = 'meanSquare' | 'cosine';

/** Options of `attentionMatching` and `rtk`: one implementation, two sets of defaults. */
export interface AttentionOptions {
  /** Weight of the cross-entropy, at least 0. Default 1, as in the base method's code. */
  readonly ceWeight: number;
  /** Weight of the KD term, at least 0; 0 leaves it out. Default 0.9: α of the base method's code. */
  readonly kdWeight: number;
  /** τ of both softmaxes of the KD term, 0.01 to 1000. Default 4. */
  readonly temperature: number;
  /**
   * β, weight of the attention term, at least 0. Default 200 (the base method's for CIFAR; it uses 50 on ImageNet). Its
   * scale depends on {@link distance}: `meanSquare` is at most 2/(height·width), `cosine` at most 1. `student-query`
   * sums over S student maps where `teacher-query` sums over T teacher maps, so at the same β it is about S/T as
   * strong. No source says which β RTK used.
   */
  readonly beta: number;
  /**
   * Default `teacher-query`: each teacher map spreads a weight of 1 over the student maps (the base method, exact).
   * `student-query`: each student map spreads a weight of 1 over the teacher maps, whose keys may be filtered. Here the
   * attention, trained to make distances small, chooses the *target*: usually all student maps end up on the teacher's
   * first stage. A run warns when they do.
   */
  readonly direction: Direction;
  /**
   * The layers that count, per image; the choice is a constant, without gradient. Default `none` for
   * `attentionMatching`, `bestMatch` for `rtk`.
   * - `none`: all of them.
   * - `topk`: the {@link keep} keys of each query with the largest attention, ties to the earlier one. The rest is
   *   dropped and attention renormalized.
   * - `aboveUniform`: the keys whose attention is at least 1 / (number of keys), renormalized.
   * - `stageMedoid`: of each run of equally shaped teacher maps, the map most similar to the others; of two, the
   *   earlier one. It drops nothing where no two neighbouring maps share a shape, e.g. with one map per stage.
   * - `bestMatch`: the {@link keep} teacher maps that some student map resembles most.
   *
   * The last two select teacher maps. As queries (`teacher-query`) the other maps contribute nothing; as keys
   * (`student-query`) they are dropped and attention renormalized.
   */
  readonly select: SelectionRule;
  /**
   * k of `topk` and `bestMatch`, at least 1. Default `auto`: `max(2, round(keys / queries))` for `topk`, at most all
   * keys; half the teacher maps, rounded up, for `bestMatch`. With one key left, every weight is 1 and the attention
   * learns nothing.
   */
  readonly keep: number | 'auto';
  /**
   * The network on whose grid a pair is compared; the other map is resampled to it. Default `teacher`. With
   * `student-query` on the teacher's grid, attention compares distances of up to 2/1024 with others of up to 2/64, and
   * drifts to the large teacher maps.
   */
  readonly grid: 'student' | 'teacher';
  /**
   * Default `meanSquare`: mean over pixels of the squared difference of unit maps (the base method). `cosine`: 1 −
   * their cosine.
   */
  readonly distance: MapDistance;
  /** d, width of queries and keys, 1 to 65,536. Default 128. */
  readonly width: number;
  /**
   * Taps of the teacher maps, in order. Default `auto`: the outputs of all n residual blocks (every ⌈n/27⌉-th where
   * there are more than 27), else the stages; see `blockTaps`.
   */
  readonly teacherTaps: 'auto' | readonly string[];
  /** Taps of the student maps, in order. Default `auto`, as for the teacher. */
  readonly studentTaps: 'auto' | readonly string[];
}

/** Defaults of `attentionMatching`: the base method, as in its official code for CIFAR-100. */
export const baseDefaults: AttentionOptions = Object.freeze({
  ceWeight: 1,
  kdWeight: 0.9,
  temperature: 4,
  beta: 200,
  direction: 'teacher-query',
  select: 'none',
  keep: 'auto',
  grid: 'teacher',
  distance: 'meanSquare',
  width: 128,
  teacherTaps: 'auto',
  studentTaps: 'auto',
});

/**
 * Defaults of `rtk`: teacher maps query, and only the representative half of them counts, which some student map
 * resembles most. Reconstructed.
 */
export const rtkDefaults: AttentionOptions = Object.freeze({ ...baseDefaults, select: 'bestMatch' });

/**
 * Options of the other reading: `rtk({ ...studentQuery })`. Every student map queries, and the teacher keys that it
 * attends to most are kept. On CIFAR-10 it was 3.87 percentage points worse than the base method,
 * both without KD (docs/techniques/rtk.md).
 */
export const studentQuery = Object.freeze({
  direction: 'student-query',
  select: 'topk',
  grid: 'student',
} as const);

const taps = eitherOf(oneOf('auto'), listOf(text));

/** One check per option. */
export const attentionChecks: OptionChecks<AttentionOptions> = {
  ceWeight: nonNegative,
  kdWeight: nonNegative,
  temperature: temperatureRange,
  beta: nonNegative,
  direction: oneOf('teacher-query', 'student-query'),
  select: oneOf('none', 'topk', 'aboveUniform', 'stageMedoid', 'bestMatch'),
  keep: eitherOf(oneOf('auto'), wholeNumber({ min: 1 })),
  grid: oneOf('student', 'teacher'),
  distance: oneOf('meanSquare', 'cosine'),
  width: wholeNumber({ min: 1, max: 65_536 }),
  teacherTaps: taps,
  studentTaps: taps,
};

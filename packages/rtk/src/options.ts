import { eitherOf, listOf, nonNegative, oneOf, text, wholeNumber, temperatureRange } from '@distilljs/core';
import type { OptionChecks } from '@distilljs/core';

/** Who asks whom: `teacher-query` as in the base method, `student-query` with the roles exchanged. */
export type Direction = 'teacher-query' | 'student-query';
/** Which pairs of layers stay; see {@link AttentionOptions.select}. */
export type SelectionRule = 'none' | 'topk' | 'aboveUniform' | 'stageMedoid' | 'bestMatch';
/** How two energy maps are compared; see {@link AttentionOptions.distance}. */
export type MapDistance = 'meanSquare' | 'cosine';

/** Options of `attentionMatching` and `rtk`: one implementation, two sets of defaults. */
export interface AttentionOptions {
  /** Weight of the cross-entropy, at least 0. Default 1, as in the base method's code. */
  readonly ceWeight: number;
  /** Weight of the KD term, at least 0; 0 leaves it out. Default 0.9: α of the base method's code. */
  readonly kdWeight: number;
  /** τ of both softmaxes of the KD term, above 0. Default 4. */
  readonly temperature: number;
  /**
   * β, at least 0. Default 200 (the base method's for CIFAR; 50 on ImageNet). Its scale goes with {@link distance}: a
   * distance is a mean over the pixels of a grid, at most 2/(height·width). `student-query` sums over S student
   * maps where `teacher-query` sums over T teacher maps, so at one β it is about S/T as strong; no source says which β
   * RTK used.
   */
  readonly beta: number;
  /**
   * `teacher-query`: each teacher map spreads a weight of 1 over the student maps (the base method, exact).
   * `student-query`: each student map spreads a weight of 1 over the teacher maps, whose keys may be filtered. The attention is
   * trained to make distances small and then chooses the *target*: as a rule all student maps end up on the teacher's first
   * stage. A run warns when they do.
   */
  readonly direction: Direction;
  /**
   * Which layers count, per image; the choice is a constant, without gradient.
   * - `none`: all of them.
   * - `topk`: of each query's keys the {@link keep} with the largest attention, ties to the earlier one; the rest is dropped
   *   and attention renormalised.
   * - `aboveUniform`: the keys whose attention is at least 1 / (number of keys), renormalised.
   * - `stageMedoid`: per run of equally shaped teacher maps the one that is most like the others; of two the earlier one. It
   *   drops nothing where no two neighbouring maps have one shape, such as one map per stage.
   * - `bestMatch`: the {@link keep} teacher maps that some student map resembles most.
   *
   * The last two choose teacher maps: as queries (`teacher-query`) the others contribute nothing, as keys
   * (`student-query`) they are dropped and attention renormalised.
   */
  readonly select: SelectionRule;
  /**
   * k of `topk` and `bestMatch`. Default `auto`: `max(2, round(keys / queries))` for `topk`, half the teacher maps, rounded
   * up, for `bestMatch`. With 1 and renormalisation every weight is 1, and the attention learns nothing.
   */
  readonly keep: number | 'auto';
  /**
   * On whose grid a pair is compared; the other map is resampled to it. With `student-query` on the teacher's grid,
   * attention would compare distances of up to 2/1024 with ones of up to 2/64, and drift to the large teacher maps.
   */
  readonly grid: 'student' | 'teacher';
  /** `meanSquare`: mean over pixels of the squared difference of unit maps (the base method). `cosine`: 1 − their cosine. */
  readonly distance: MapDistance;
  /** d, width of queries and keys. Default 128. */
  readonly width: number;
  /**
   * Teacher maps by tap, in order. Default `auto`: the outputs of all n residual blocks (every ⌈n/27⌉-th where there are more
   * than 27), else the stages; see `blockTaps`.
   */
  readonly teacherTaps: 'auto' | readonly string[];
  /** Student maps by tap, in order. Default `auto`, as for the teacher. */
  readonly studentTaps: 'auto' | readonly string[];
}

/** Defaults of `attentionMatching`: the base method as its official code has it for CIFAR-100. */
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
 * Defaults of `rtk`: the teacher asks, and of its maps the half that some student map resembles most are kept, its representative
 * ones. Reconstructed.
 */
export const rtkDefaults: AttentionOptions = Object.freeze({ ...baseDefaults, select: 'bestMatch' });

/**
 * Options of the other reading: `rtk({ ...studentQuery })`. Every student map asks, and the teacher keys that it attends to most are
 * kept. It is 3.6 points worse than the base method on CIFAR-10 (docs/techniques/rtk.md).
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

import type { CalibrationBin, CellMetrics, CellScores } from '../predictions/index.js';
import type { PassTimes } from '../cost/pass-times.js';
import type { Pair, Power, Summary } from '../statistics/index.js';

/** What a training and its network cost, beside the seconds of its epochs. */
export interface CellCost {
  /** Bytes of the saved network. */
  readonly modelBytes: number;
  /**
   * Most memory that the process held at the end of a step of this training, in bytes. Trainings before it in the same process
   * count too, because engines keep what they once took. Left out for a network that was not trained here.
   */
  readonly peakMemoryBytes?: number | undefined;
  /** Of the run's first seed, and of the teacher. */
  readonly latency?: readonly PassTimes[] | undefined;
}

/** The same over a method's seeds, beside what the rest of the row says (`studentParameters`, `studentMacs`). */
export interface RowCost {
  /** Of training steps, all phases, validation not counted; mean over seeds. */
  readonly trainSeconds: number;
  /** Share of these seconds that the student alone would not take; null without a `student` row, and for the teacher. */
  readonly methodShare: number | null;
  /** Of the saved network; null where it was not kept, as in the two below. */
  readonly modelBytes: number | null;
  /** The largest of all seeds. */
  readonly peakMemoryBytes: number | null;
  readonly latency: readonly PassTimes[];
}

/** {@link CellScores} over seeds, and what is too large to be kept seed by seed. */
export interface RowMetrics {
  /** Seeds whose predictions are kept. */
  readonly seeds: readonly number[];
  readonly scores: { readonly [Name in keyof CellScores]: Summary | null };
  /** Accuracy by class, mean over seeds; null for a class without test images. */
  readonly perClass: readonly (number | null)[];
  /** Over the images of all seeds, each seed's network by itself. */
  readonly calibration: readonly CalibrationBin[];
  /** Images by `[label][predicted class]`, summed over seeds; null with more than 30 classes. */
  readonly confusion: readonly (readonly number[])[] | null;
  /** The most frequent mistakes, at most 20, the most frequent first. */
  readonly mistakes: readonly Mistake[];
}

/** One class taken for another. */
export interface Mistake {
  readonly label: number;
  readonly predicted: number;
  /** Of the label's images, over all seeds. */
  readonly share: number;
}

/** Accuracy on corrupted test images, over seeds. */
export interface RowCorruptions {
  readonly seeds: readonly number[];
  /** By corruption, at strengths 1 to 5. */
  readonly accuracy: Readonly<Record<string, readonly Summary[]>>;
  /** Mean over corruptions and strengths. */
  readonly mean: Summary;
  /** That mean over the accuracy on clean images. */
  readonly relative: Summary;
}

/** Figures that need what older run folders do not have: null there. */
export interface RowFigures {
  readonly metrics: RowMetrics | null;
  readonly cost: RowCost | null;
  readonly corruptions: RowCorruptions | null;
}

/** How well embeddings recognise identities, as `distill-bench metrics` measured it. */
export interface EmbeddingFigures {
  /** What was measured, in words. */
  readonly images: string;
  /** By method, and `teacher`: measures by name over seeds; shares from 0 to 1, cosines from −1 to 1. */
  readonly methods: readonly {
    readonly method: string;
    readonly measures: Readonly<Record<string, Summary>>;
  }[];
}

/** What follows from all results together. */
export interface Answer {
  /** Names of the classes in the order of their indices; null where the data names none. */
  readonly classNames: readonly string[] | null;
  /** Every pair of ranked methods, in the order of the ranking. */
  readonly pairwise: readonly Pair[];
  /** Null with fewer than two methods or seeds. */
  readonly power: Power | null;
  /** Null where embeddings were not measured. */
  readonly embeddings: EmbeddingFigures | null;
  /** Figures that are missing, and the command that brings them, in words. */
  readonly omitted: readonly string[];
}

/** What the kept predictions of one training say: one entry per network that counts. */
export interface SeedMetrics {
  readonly seed: number;
  readonly networks: readonly CellMetrics[];
  /** Per test image: the share of these networks that classified it correctly. */
  readonly correct: Float32Array;
}

/** What a run folder keeps of predictions. */
export interface KeptPredictions {
  readonly classNames?: readonly string[] | undefined;
  readonly teacher?: CellMetrics | undefined;
  /** By method. */
  readonly seeds: ReadonlyMap<string, readonly SeedMetrics[]>;
  /** Trainings without them: `teacher`, `METHOD/SEED`. */
  readonly missing: readonly string[];
  /** By method, and `teacher`; of trainings that were tried on corrupted images. */
  readonly corruptions?: ReadonlyMap<string, readonly SeedCorruptions[]> | undefined;
}

/** Accuracy of one training's network on corrupted test images. */
export interface SeedCorruptions {
  readonly seed: number;
  /** On the clean ones. */
  readonly clean: number;
  /** By corruption, at strengths 1 to 5. */
  readonly accuracy: Readonly<Record<string, readonly number[]>>;
}

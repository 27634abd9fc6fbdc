import type { CalibrationBin, CellMetrics, CellScores } from '../predictions/index.js';
import type { PassTimes } from '../cost/pass-times.js';
import type { Pair, Power, Summary } from '../statistics/index.js';

/** The cost of a training and its network, beside the seconds of its epochs. */
export interface CellCost {
  /** Bytes of the saved network. */
  readonly modelBytes: number;
  /**
   * Peak memory of the process at the end of a step of this training, in bytes. Earlier trainings in the same process count too,
   * because engines keep the memory they allocate. Omitted for a network that was not trained here.
   */
  readonly peakMemoryBytes?: number | undefined;
  /** Only for the run's first seed, and for the teacher. */
  readonly latency?: readonly PassTimes[] | undefined;
}

/** The cost over a method's seeds, beside the row's `studentParameters` and `studentMacs`. */
export interface RowCost {
  /** Seconds of training steps over all phases, without validation; mean over seeds. */
  readonly trainSeconds: number;
  /** Share of these seconds beyond those of the student alone; null without a `student` row, and for the teacher. */
  readonly methodShare: number | null;
  /** Bytes of the saved network; null where it was not recorded. */
  readonly modelBytes: number | null;
  /** The maximum over seeds; null where it was not recorded. */
  readonly peakMemoryBytes: number | null;
  readonly latency: readonly PassTimes[];
}

/** {@link CellScores} over seeds, and figures too large to keep for each seed. */
export interface RowMetrics {
  /** Seeds whose predictions are kept. */
  readonly seeds: readonly number[];
  readonly scores: { readonly [Name in keyof CellScores]: Summary | null };
  /** Accuracy by class, mean over seeds; null for a class without test images. */
  readonly perClass: readonly (number | null)[];
  /** Over the predictions of all seeds together. */
  readonly calibration: readonly CalibrationBin[];
  /** Images by `[label][predicted class]`, summed over seeds; null with more than 30 classes. */
  readonly confusion: readonly (readonly number[])[] | null;
  /** The most frequent mistakes, at most 20, the most frequent first. */
  readonly mistakes: readonly Mistake[];
}

/** One class mistaken for another. */
export interface Mistake {
  readonly label: number;
  readonly predicted: number;
  /** Share of the label's images, over all seeds. */
  readonly share: number;
}

/** Accuracy on corrupted test images, over seeds. */
export interface RowCorruptions {
  readonly seeds: readonly number[];
  /** By corruption, at strengths 1 to 5. */
  readonly accuracy: Readonly<Record<string, readonly Summary[]>>;
  /** Mean over corruptions and strengths. */
  readonly mean: Summary;
  /** That mean divided by the accuracy on clean images; null where a network classifies no clean image correctly. */
  readonly relative: Summary | null;
}

/** Figures that older run folders do not contain; null there. */
export interface RowFigures {
  readonly metrics: RowMetrics | null;
  readonly cost: RowCost | null;
  readonly corruptions: RowCorruptions | null;
}

/** How well embeddings recognize identities, measured by `distill-bench metrics`. */
export interface EmbeddingFigures {
  /** What was measured, in words. */
  readonly images: string;
  /** The layers whose outputs are the embeddings. */
  readonly layers: readonly string[];
  /** The measured trainings, as `METHOD/SEED`. */
  readonly trainings: readonly string[];
  /** Measures by name over seeds, for each method and `teacher`: shares from 0 to 1, cosines from −1 to 1. */
  readonly methods: readonly {
    readonly method: string;
    readonly measures: Readonly<Record<string, Summary>>;
  }[];
}

/** Statistics over all results of a report. */
export interface Answer {
  /** Names of the classes in the order of their indices; null where the data names none. */
  readonly classNames: readonly string[] | null;
  /** Every pair of ranked methods, in the order of the ranking. */
  readonly pairwise: readonly Pair[];
  /** Null where no pair of methods has differences to pool, or a pair has a single seed. */
  readonly power: Power | null;
  /** Null where embeddings were not measured. */
  readonly embeddings: EmbeddingFigures | null;
  /** Missing figures, and the commands that compute them, in sentences. */
  readonly omitted: readonly string[];
}

/** Metrics from the kept predictions of one training. */
export interface SeedMetrics {
  readonly seed: number;
  /** One entry per network that counts. */
  readonly networks: readonly CellMetrics[];
  /** Per test image: the share of these networks that classified it correctly. */
  readonly correct: Float32Array;
}

/** The prediction metrics of a run folder. */
export interface KeptPredictions {
  readonly classNames?: readonly string[] | undefined;
  readonly teacher?: CellMetrics | undefined;
  /** By method. */
  readonly seeds: ReadonlyMap<string, readonly SeedMetrics[]>;
  /** Trainings without kept predictions: `teacher`, `METHOD/SEED`. */
  readonly missing: readonly string[];
  /** By method, and `teacher`: trainings that were tested on corrupted images. */
  readonly corruptions?: ReadonlyMap<string, readonly SeedCorruptions[]> | undefined;
}

/** Accuracy of one training's network on corrupted test images. */
export interface SeedCorruptions {
  readonly seed: number;
  /** Seed of the noise. */
  readonly noise: number;
  /** Accuracy on the clean images. */
  readonly clean: number;
  /** By corruption, at strengths 1 to 5. */
  readonly accuracy: Readonly<Record<string, readonly number[]>>;
}

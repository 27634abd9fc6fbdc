import type { Engine, EpochReport, LogitsSource, TeacherInput } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { CellScores } from '../predictions/index.js';
import type { PairedComparison, Summary } from '../statistics/index.js';
import type { RaceReport } from './race-data.js';
import type { Answer, CellCost, EmbeddingFigures, KeptPredictions, RowFigures } from './figures.js';

/** Version of {@link MethodResult} and {@link TeacherResult} as files. */
export const RESULT_SCHEMA = 1;
/** Version of {@link Report} as a file. */
export const REPORT_SCHEMA = 1;

/**
 * `METHOD/SEED/result.json`: one method with one seed. Accuracies are from 0 to 1; those of a cohort are means over its networks
 * with the student's architecture.
 */
export interface MethodResult {
  readonly schema: typeof RESULT_SCHEMA;
  /** The method's name within the run. */
  readonly method: string;
  readonly options: object;
  readonly seed: number;
  /** On the test images, with the weights after the last epoch. */
  readonly testAccuracyLast: number;
  /** On the test images, with the weights of the epoch that did best on the validation images. */
  readonly testAccuracyBest: number;
  /** Only for a method that trains several networks. */
  readonly cohort?: CohortResult | undefined;
  /** That epoch, counted from 0 over all phases. */
  readonly bestEpoch?: number | undefined;
  readonly validationAccuracyBest?: number | undefined;
  readonly epochs: readonly EpochReport[];
  /** Seconds of training without validation, from the median epoch of each phase. */
  readonly secondsPerEpoch: number;
  /** Parameters of the exported student. */
  readonly studentParameters: number;
  /** Multiply–accumulate operations of the exported student, per image. */
  readonly studentMacs: number;
  /** Parameters that exist in training only. */
  readonly extraTrainParameters: number;
  readonly warnings: readonly string[];
  /** Number of trainings that shared the machine, this one included; omitted for a training alone. */
  readonly trainingsAtATime?: number | undefined;
  /** Missing in run folders of older versions. */
  readonly madeWith?: MadeWith | undefined;
  /** SHA-256 of the method's module, and of the student's module or model, where they come from outside the bench. */
  readonly sources?:
    { readonly method?: string | undefined; readonly student?: string | undefined } | undefined;
  /** Missing in run folders of older versions. */
  readonly origin?: MethodOrigin | undefined;
  /** SHA-256 of the saved student, or of all networks of a cohort together; missing in run folders of older versions. */
  readonly modelDigest?: string | undefined;
  /** SHA-256 of `inspections.jsonl`; omitted where the training recorded no inspections. */
  readonly inspectionsDigest?: string | undefined;
  /** None in folders of versions that did not measure it. */
  readonly cost?: CellCost | undefined;
}

/** What a result was made with; results in one folder may differ. */
export interface MadeWith extends Pick<RunEnvironment, 'node' | 'packages'> {
  /** Its name and version. */
  readonly engine: string;
  /** Number of TensorFlow's threads. Only for engine `node`, whose numbers depend on it by rounding. */
  readonly threads?: number | undefined;
}

/** Digests of a training's starting point; trainings that are compared share them. */
export interface MethodOrigin {
  /** Digest of the training images and labels. */
  readonly data: string;
  readonly teacher: string;
  /** Digest of the student's initial weights; omitted where the method changes the student, e.g. adds attention. */
  readonly firstWeights?: string | undefined;
}

/** Results of networks trained together: of each network, and of their ensemble. */
export interface CohortResult {
  readonly networks: readonly NetworkResult[];
  /** Of the mean of all networks' logits. */
  readonly ensembleAccuracyLast: number;
  readonly ensembleAccuracyBest: number;
}

/** One network of a cohort. */
export interface NetworkResult {
  readonly model: string;
  /** Whether it has the student's architecture, and so counts in the method's accuracy. */
  readonly counted: boolean;
  readonly testAccuracyLast: number;
  /** With the weights of the epoch with the best mean validation accuracy of the networks. */
  readonly testAccuracyBest: number;
  readonly parameters: number;
  readonly macs: number;
}

/** `teacher/result.json`. */
export interface TeacherResult {
  readonly model: string;
  readonly testAccuracy: number;
  readonly validationAccuracy: number;
  readonly parameters: number;
  readonly macs: number;
  /** `trained`, or the origin of its weights. */
  readonly source: string;
  /** Empty for a teacher that was loaded. */
  readonly epochs: readonly EpochReport[];
  /** Only for a teacher from outside: facts about it beside its weights. */
  readonly facts?: TeacherResultFacts | undefined;
  /** Only for a teacher that the run folder has no copy of. */
  readonly fingerprint?: string | undefined;
  /** Layers whose feature maps serve as `stage1`, `stage2`, …, where the run chose them. */
  readonly stages?: readonly string[] | undefined;
  /** SHA-256 of the saved teacher; missing in run folders of older versions. */
  readonly modelDigest?: string | undefined;
  /** Missing in run folders of older versions. */
  readonly cost?: CellCost | undefined;
}

/** How a teacher from outside is used: its input preparation, classes and output. */
export interface TeacherResultFacts extends TeacherInput {
  readonly classes?: readonly string[] | undefined;
  readonly logitsFrom?: LogitsSource | undefined;
}

/** `environment.json`: the machine and the versions of a run. */
export interface RunEnvironment {
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly engine: Engine;
  readonly packages: Readonly<Record<string, string>>;
}

/** Facts for a report that the results do not contain. */
export interface RunFacts {
  readonly tuning?: readonly Tuning[] | undefined;
  readonly testImages?: number | undefined;
  /** Methods, by their names in the run, that train their own network instead of the configured student. */
  readonly ownNetworks?: readonly string[] | undefined;
  readonly predictions?: KeptPredictions | undefined;
  readonly race?: RaceReport | null | undefined;
  readonly embeddings?: EmbeddingFigures | null | undefined;
}

/** `report.json`. */
export interface Report extends Answer {
  readonly schema: typeof REPORT_SCHEMA;
  readonly config: RunConfig;
  readonly environment: RunEnvironment;
  readonly engine: Engine;
  readonly teacher: Omit<TeacherResult, 'epochs' | 'cost'> & RowFigures;
  /** One per method with at least one finished seed, in the configuration's order. */
  readonly rows: readonly ReportRow[];
  /** Number of test images; null where it is not known. */
  readonly testImages: number | null;
  /** The warnings of the trainings, each once. */
  readonly warnings: readonly string[];
  /** One per method whose options were chosen on the validation images. */
  readonly tuning: readonly Tuning[];
  /** Null for a run that is not a race. */
  readonly race: RaceReport | null;
  /** Number of different teachers that the students had, by their weights: 1 in a sound run, 0 where it is not known. */
  readonly teachers: number;
  /** Numbers of threads that the trainings had, ascending; empty where results do not depend on them, or they are not known. */
  readonly threads: readonly number[];
}

/** Options of a method that were tried on the validation images before the run's trainings. */
export interface Tuning {
  readonly method: string;
  /** Seeds of the trials; the run uses none of them. */
  readonly seeds: readonly number[];
  readonly trials: readonly TriedOptions[];
  /** Index of the trial whose options this run uses; null where all diverged. */
  readonly chosen: number | null;
}

export interface TriedOptions {
  readonly options: Readonly<Record<string, unknown>>;
  /** Validation accuracy after the last epoch over the trials' seeds; null where one of them diverged. */
  readonly validationAccuracy: Summary | null;
}

/** A method over its seeds. */
export interface ReportRow extends RowFigures {
  readonly method: string;
  readonly options: object;
  /** Whether it trains its own network instead of the configured student: it is then neither ranked nor compared. */
  readonly ownNetwork: boolean;
  /** Finished seeds, ascending. */
  readonly seeds: readonly number[];
  readonly testAccuracyLast: Summary;
  readonly testAccuracyBest: Summary;
  /** For a method that trains several networks; the two accuracies above are means over those that count. */
  readonly cohort: CohortRow | null;
  /** Difference in `testAccuracyLast` over common seeds; null for `kd` itself, for `ownNetwork`, and without common seeds. */
  readonly deltaVsKd: PairedComparison | null;
  /** The same against `student`. */
  readonly deltaVsStudent: PairedComparison | null;
  readonly studentParameters: number;
  readonly studentMacs: number;
  readonly extraTrainParameters: number;
  /** Mean over seeds. */
  readonly secondsPerEpoch: number;
  /**
   * Ratio of the seconds of a whole training, the method's extra phases included, to those of the student, minus 1: 0.5 is half as
   * much again. Null without a `student` row.
   */
  readonly overheadVsStudent: number | null;
  /** The values behind the summaries. */
  readonly perSeed: readonly SeedAccuracy[];
}

/** A cohort over its seeds. */
export interface CohortRow {
  readonly networks: readonly NetworkRow[];
  readonly ensembleAccuracyLast: Summary;
  readonly ensembleAccuracyBest: Summary;
}

/** One network of a cohort over its seeds. */
export interface NetworkRow extends Pick<NetworkResult, 'model' | 'counted' | 'parameters' | 'macs'> {
  readonly testAccuracyLast: Summary;
  readonly testAccuracyBest: Summary;
}

export interface SeedAccuracy {
  readonly seed: number;
  readonly testAccuracyLast: number;
  readonly testAccuracyBest: number;
  readonly validationAccuracyBest: number | null;
  /** Accuracy of the ensemble; null for a single network. */
  readonly ensembleAccuracyLast: number | null;
  readonly secondsPerEpoch: number;
  /** Scores from kept predictions; null where there are none. */
  readonly scores: CellScores | null;
}

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
 * `METHOD/SEED/result.json`: one method with one seed. Accuracies are shares, 0…1; of a cohort, means over its networks of the
 * student's architecture.
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
  /** Of a method that trains several networks. */
  readonly cohort?: CohortResult | undefined;
  /** That epoch, counted from 0 over all phases. */
  readonly bestEpoch?: number | undefined;
  readonly validationAccuracyBest?: number | undefined;
  readonly epochs: readonly EpochReport[];
  /** Training only, validation not counted; by the median epoch of each phase. */
  readonly secondsPerEpoch: number;
  /** Of the exported student. */
  readonly studentParameters: number;
  /** Multiply–accumulate operations of the exported student, per image. */
  readonly studentMacs: number;
  /** Parameters that exist in training only. */
  readonly extraTrainParameters: number;
  readonly warnings: readonly string[];
  /** Trainings that shared the machine with this one, itself included; left out for one alone. */
  readonly trainingsAtATime?: number | undefined;
  /** SHA-256 of the module of the method, and of the module or model of the student, where they are from outside. */
  readonly sources?:
    { readonly method?: string | undefined; readonly student?: string | undefined } | undefined;
  /** None in folders of versions that did not keep it. */
  readonly origin?: MethodOrigin | undefined;
  /** SHA-256 of the saved student, of a cohort's all together; none in folders of versions that did not keep it. */
  readonly modelDigest?: string | undefined;
  /** SHA-256 of `inspections.jsonl`; none where the training showed nothing. */
  readonly inspectionsDigest?: string | undefined;
  /** None in folders of versions that did not measure it. */
  readonly cost?: CellCost | undefined;
}

/** What a training began with, as digests: trainings that are compared have these in common. */
export interface MethodOrigin {
  /** Of the training images and labels. */
  readonly data: string;
  readonly teacher: string;
  /** Of the student's first weights; none where the method changes the student, e.g. by attention. */
  readonly firstWeights?: string | undefined;
}

/** What networks that were trained together came to, one by one and together. */
export interface CohortResult {
  readonly networks: readonly NetworkResult[];
  /** Of the mean of all networks' logits. */
  readonly ensembleAccuracyLast: number;
  readonly ensembleAccuracyBest: number;
}

/** One network of a cohort. */
export interface NetworkResult {
  readonly model: string;
  /** It has the student's architecture, and so counts in the method's accuracy. */
  readonly counted: boolean;
  readonly testAccuracyLast: number;
  /** With the weights of the epoch in which the networks' mean accuracy on the validation images was best. */
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
  /** `trained`, or where its weights came from. */
  readonly source: string;
  /** Empty for a teacher that was loaded. */
  readonly epochs: readonly EpochReport[];
  /** Of a teacher from outside: what was known of it beside its weights. */
  readonly facts?: TeacherResultFacts | undefined;
  /** Of a teacher that the run folder has no copy of. */
  readonly fingerprint?: string | undefined;
  /** Layers whose maps stand for `stage1`, `stage2`, …, where the run found them by itself. */
  readonly stages?: readonly string[] | undefined;
  /** SHA-256 of the saved teacher; none in folders of versions that did not keep it. */
  readonly modelDigest?: string | undefined;
  /** None in folders of versions that did not measure it. */
  readonly cost?: CellCost | undefined;
}

/** How a teacher from outside is used: what it was trained with, and what its outputs are. */
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

/** What a report needs to know that no result says. */
export interface RunFacts {
  readonly tuning?: readonly Tuning[] | undefined;
  readonly testImages?: number | undefined;
  /** Methods, as the run names them, that train a network of their own in place of the configured student. */
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
  /** Number of images that test accuracies are of; null where that is not known. */
  readonly testImages: number | null;
  /** What the runs warned of, each once. */
  readonly warnings: readonly string[];
  /** One per method whose options were chosen on the validation images. */
  readonly tuning: readonly Tuning[];
  /** Null for a run that is no race. */
  readonly race: RaceReport | null;
}

/** Options of a method that were tried on the validation images before the run's own trainings. */
export interface Tuning {
  readonly method: string;
  /** Of the trials; none is one of the run. */
  readonly seeds: readonly number[];
  readonly trials: readonly TriedOptions[];
  /** Position of the trial whose options the method has in this run; null where all diverged. */
  readonly chosen: number | null;
}

export interface TriedOptions {
  readonly options: Readonly<Record<string, unknown>>;
  /** After the last epoch, over the trials' seeds; null where one of them diverged. */
  readonly validationAccuracy: Summary | null;
}

/** A method over its seeds. */
export interface ReportRow extends RowFigures {
  readonly method: string;
  readonly options: object;
  /** It trains a network of its own in place of the configured student: it is neither ranked nor compared. */
  readonly ownNetwork: boolean;
  /** Seeds that are done, ascending. */
  readonly seeds: readonly number[];
  readonly testAccuracyLast: Summary;
  readonly testAccuracyBest: Summary;
  /** Of a method that trains several networks; the two accuracies above are means over those that count. */
  readonly cohort: CohortRow | null;
  /** Of `testAccuracyLast`, over common seeds; null for `kd` itself, for another network, and where no seed is in common. */
  readonly deltaVsKd: PairedComparison | null;
  /** The same against `student`. */
  readonly deltaVsStudent: PairedComparison | null;
  readonly studentParameters: number;
  readonly studentMacs: number;
  readonly extraTrainParameters: number;
  /** Mean over seeds. */
  readonly secondsPerEpoch: number;
  /** Seconds of a whole training, phases of the method's own included, over the student's, − 1: 0.5 is half as much again; null without a `student` row. */
  readonly overheadVsStudent: number | null;
  /** What the summaries were made of. */
  readonly perSeed: readonly SeedAccuracy[];
}

/** A cohort over its seeds. */
export interface CohortRow {
  readonly networks: readonly NetworkRow[];
  readonly ensembleAccuracyLast: Summary;
  readonly ensembleAccuracyBest: Summary;
}

/** One place of a cohort over its seeds. */
export interface NetworkRow extends Pick<NetworkResult, 'model' | 'counted' | 'parameters' | 'macs'> {
  readonly testAccuracyLast: Summary;
  readonly testAccuracyBest: Summary;
}

export interface SeedAccuracy {
  readonly seed: number;
  readonly testAccuracyLast: number;
  readonly testAccuracyBest: number;
  readonly validationAccuracyBest: number | null;
  /** Of all networks together; null for one. */
  readonly ensembleAccuracyLast: number | null;
  readonly secondsPerEpoch: number;
  /** Of kept predictions; null where there are none. */
  readonly scores: CellScores | null;
}

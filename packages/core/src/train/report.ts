/** How well a network, or several together, classify a dataset. */
export interface Evaluation {
  /** Share of images whose highest logit is the right class, 0…1. */
  readonly accuracy: number;
  /** Share of images whose right class is among the five highest logits, 0…1 (1 below six classes). */
  readonly top5: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Images that were looked at. */
  readonly images: number;
  /** Images whose logits hold NaN, which count as wrong. Left out where there are none. */
  readonly invalid?: number | undefined;
  /** Says that the images are far from the normalization, as those of another scale are. Left out where they are not. */
  readonly warning?: string | undefined;
}

/** A term's mean over an epoch, before its weight, and the weight. */
export interface TermReport {
  readonly value: number;
  readonly weight: number;
}

/** What one epoch of training came to: a line of metrics.jsonl. All but the times is decided by the seed. */
export interface EpochReport {
  readonly phase: string;
  /** Within the phase, from 0. */
  readonly epoch: number;
  /** Since the start, from 0. */
  readonly globalEpoch: number;
  readonly steps: number;
  /** Learning rate per update, at the epoch's last step. */
  readonly learningRate: Readonly<Record<string, number>>;
  /** By term name; `update/term` where the phase has several updates. */
  readonly terms: Readonly<Record<string, TermReport>>;
  /** Share of right answers on the augmented training batches, per student that ran; empty where images have no labels. */
  readonly trainAccuracy: readonly number[];
  /** Per student; empty without a validation set or in a phase without students. */
  readonly validation: readonly Evaluation[];
  /** Seconds of training (validation not counted), as measured. */
  readonly seconds: number;
}

/** One training step, for progress displays. */
export interface StepReport {
  readonly phase: string;
  readonly epoch: number;
  /** Epochs of the phase. */
  readonly epochs: number;
  /** Steps done in this epoch. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  /** Steps done and to do over all phases. */
  readonly done: number;
  readonly total: number;
  /** Term values of this step; on engines that are read in batches, of the last step that was read. */
  readonly terms: Readonly<Record<string, TermReport>>;
}

/** What one measured value of a step is. */
export type ValueLabel =
  | { readonly kind: 'term'; readonly update: string; readonly term: string; readonly weight: number }
  | { readonly kind: 'accuracy'; readonly student: number };

/** The epoch of the best validation accuracy, mean over students, in the last phase that trained students. */
export interface BestEpoch {
  readonly phase: string;
  readonly globalEpoch: number;
  readonly accuracy: number;
}

/** Why a phase or a run ended before its last epoch. */
export interface Stop {
  readonly reason: string;
  readonly phase: string;
  /** The last epoch that was finished; -1 when there was none. */
  readonly globalEpoch: number;
}

/** A technique's exhibit as plain data. */
export interface InspectedExhibit {
  readonly name: string;
  readonly title: string;
  readonly rows: InspectedAxis;
  readonly columns: InspectedAxis;
  /** One entry per matrix; a single matrix has a panel without a name. */
  readonly panels: readonly { readonly name?: string | undefined; readonly values: readonly number[][] }[];
}

export interface InspectedAxis {
  readonly title: string;
  readonly labels?: readonly string[] | undefined;
}

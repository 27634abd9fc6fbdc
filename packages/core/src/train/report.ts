/** How well a network or an ensemble classifies a dataset. */
export interface Evaluation {
  /** Share of images whose highest logit is that of the correct class, 0…1. */
  readonly accuracy: number;
  /** Share of images whose correct class is among the five highest logits, 0…1 (1 for five classes or fewer). */
  readonly top5: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Number of images. */
  readonly images: number;
  /**
   * Number of images whose logits give no softmax (NaN or an infinite maximum); they count as wrong. Omitted if
   * 0.
   */
  readonly invalid?: number | undefined;
  /** Warns that the images do not fit the normalization, as with pixels of another scale. Omitted if they do. */
  readonly warning?: string | undefined;
}

/** A term's unweighted value (of a step, or the mean over an epoch), and its weight. */
export interface TermReport {
  readonly value: number;
  readonly weight: number;
}

/**
 * The results of one epoch of training: a line of metrics.jsonl. Except for `seconds`, the seed determines
 * them.
 */
export interface EpochReport {
  readonly phase: string;
  /** Epoch within the phase, from 0. */
  readonly epoch: number;
  /** Epoch since the start of the run, from 0. */
  readonly globalEpoch: number;
  readonly steps: number;
  /** Learning rate per update, at the epoch's last step. */
  readonly learningRate: Readonly<Record<string, number>>;
  /** Terms by name; `update/term` if the phase has several updates. */
  readonly terms: Readonly<Record<string, TermReport>>;
  /** Accuracy on the augmented training batches, per student that ran; empty unless every image has a label. */
  readonly trainAccuracy: readonly number[];
  /** Evaluation per student; empty without a validation set or in a phase without students. */
  readonly validation: readonly Evaluation[];
  /** Measured seconds of training, without validation. */
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
  /** Terms of this step by name; `update/term` if the phase has several updates. */
  readonly terms: Readonly<Record<string, TermReport>>;
}

/** The meaning of one measured value of a step. */
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
  /** The last complete epoch since the start of the run; -1 if there was none. */
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

import type { NamedTensors } from '../tensor/index.js';
import type { EpochReport, Stop, ValueLabel } from '../train/report.js';

/**
 * What identifies a run: everything that determines its numbers except the machine. A checkpoint of another run
 * is refused with an error that names the differing fields.
 */
export interface RunIdentity {
  readonly method: string;
  /** The method's options as JSON. */
  readonly options: string;
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: string;
  readonly augmentation: string;
  /** Name, size and fingerprint of the training set. */
  readonly train: string;
  /** The same of the validation set; `none` without one. */
  readonly validation: string;
  /** Fingerprint of the teacher, `none` without one. */
  readonly teacher: string;
  /** Digest of the names and shapes of the students' weights. */
  readonly students: string;
  /** Digest of the students' layers and their settings. Checkpoints of earlier versions lack it. */
  readonly layers?: string | undefined;
}

/** The position of a run and everything needed to resume it as if it had never stopped. */
export interface Snapshot {
  readonly identity: RunIdentity;
  /** Engine that made it. Resuming on another is allowed, but the results will differ in their last bits. */
  readonly engine: string;
  readonly position: SnapshotPosition;
  readonly history: readonly EpochReport[];
  /** Sums over the completed steps of the current epoch. */
  readonly partial: PartialEpoch;
  /** Phases that ended early. Checkpoints of earlier versions have none. */
  readonly stops?: readonly Stop[] | undefined;
  /** Steps that each update's optimizer has taken in this phase. */
  readonly optimizerSteps: Readonly<Record<string, number>>;
  /** Global epoch of the best validation accuracy so far, and the accuracy (mean over students). */
  readonly best: { readonly globalEpoch: number; readonly accuracy: number } | undefined;
  /** `student0/…`, `auxiliary/…`, `optimizer/UPDATE/…`, `best/student0/…`, `best/auxiliary/…`. */
  readonly tensors: NamedTensors;
}

export interface SnapshotPosition {
  readonly phase: number;
  readonly epoch: number;
  readonly step: number;
}

export interface PartialEpoch {
  /** The label of each sum. */
  readonly labels: readonly ValueLabel[];
  readonly sums: readonly number[];
  readonly seconds: number;
}

/** The name under which a snapshot is stored. Alphabetical order is the order of the run. */
export function snapshotName({ phase, epoch, step }: SnapshotPosition): string {
  const digits = (value: number, width: number): string => String(value).padStart(width, '0');
  return `phase-${digits(phase, 2)}-epoch-${digits(epoch, 5)}-step-${digits(step, 7)}`;
}

/** True for names that {@link snapshotName} gives: nothing else in a store may be listed, counted or removed. */
export const isSnapshotName = (name: string): boolean => /^phase-\d{2,}-epoch-\d{5,}-step-\d{7,}$/.test(name);

import type { NamedTensors } from '../tensor/index.js';
import type { EpochReport, Stop, ValueLabel } from '../train/report.js';

/**
 * What makes two runs the same run: everything that decides a number in it but the machine. A checkpoint of another run
 * is refused, naming the fields that differ.
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
  /** Fingerprints, and sizes in words, of the datasets. */
  readonly train: string;
  readonly validation: string;
  /** Fingerprint of the teacher, `none` without one. */
  readonly teacher: string;
  /** Digest of the students' architectures. */
  readonly students: string;
}

/** Where a run stands and all that it needs to go on as if it had never stopped. */
export interface Snapshot {
  readonly identity: RunIdentity;
  /** Engine that made it: going on with another is allowed, but the bytes will differ. */
  readonly engine: string;
  readonly position: SnapshotPosition;
  readonly history: readonly EpochReport[];
  /** Sums over the steps of the epoch that is under way. */
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
  /** What each sum is of. */
  readonly labels: readonly ValueLabel[];
  readonly sums: readonly number[];
  readonly seconds: number;
}

/** What a snapshot is stored under: in the order of the alphabet, names stand in the order of the run. */
export function snapshotName({ phase, epoch, step }: SnapshotPosition): string {
  const digits = (value: number, width: number): string => String(value).padStart(width, '0');
  return `phase-${digits(phase, 2)}-epoch-${digits(epoch, 5)}-step-${digits(step, 7)}`;
}

/** True for the names that {@link snapshotName} gives: nothing else in a store is ours to list, count or remove. */
export const isSnapshotName = (name: string): boolean => /^phase-\d{2,}-epoch-\d{5,}-step-\d{7,}$/.test(name);

import type { Dataset } from '@distilljs/core';

/** The splits of a dataset. Without validation images in the data, a run holds out some of the training images. */
export type Split = 'train' | 'validation' | 'test';

/** What a format has read. */
export interface LoadedSplits {
  /** The requested splits that the data has; `train` and `test` are always there when requested. */
  readonly splits: Readonly<Partial<Record<Split, Dataset | undefined>>>;
  /** What the user should know about the data, one sentence each. */
  readonly notes?: readonly string[] | undefined;
}

/** A progress display for long work. */
export interface Meter {
  /** @param done finished units of work */
  update(done: number): void;
  stop(): void;
}

/** Optional inputs of reading data, beside the configuration. */
export interface Surroundings {
  /** Opens a progress display with an estimate of the remaining time. The title is e.g. `Decoding images`. */
  readonly meter?: ((title: string, total: number) => Meter) | undefined;
  /** Ends the reading: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One format of datasets: an entry of the registry. */
export interface DatasetFormat<Source> {
  /** What it reads and from where, as a line of `distill-bench list datasets`. */
  readonly summary: string;
  /**
   * Reads the wanted splits.
   *
   * @throws DistillError code `data` or `option`
   */
  load(source: Source, wanted: readonly Split[], surroundings: Surroundings): Promise<LoadedSplits>;
}

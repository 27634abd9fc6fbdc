import type { Dataset } from '@distilljs/core';

/** Parts that a dataset may come in. Without validation images of its own, a run takes some of the training images. */
export type Split = 'train' | 'validation' | 'test';

/** What a format has read. */
export interface LoadedSplits {
  /** Those that were asked for, as far as the data has them; `train` and `test` are always there when asked for. */
  readonly splits: Readonly<Partial<Record<Split, Dataset | undefined>>>;
  /** What the user should know about the data, one sentence each. */
  readonly notes?: readonly string[] | undefined;
}

/** A display of how far a long piece of work is. */
export interface Meter {
  /** @param done units of work that are done, of the total */
  update(done: number): void;
  stop(): void;
}

/** What reading data needs beside the configuration. All optional. */
export interface Surroundings {
  /** Opens a display of progress with an estimate of the time that is left, e.g. `Decoding images`. */
  readonly meter?: ((title: string, total: number) => Meter) | undefined;
  /** Ends the reading: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One format of datasets: an entry of the registry. */
export interface DatasetFormat<Source> {
  /** What it reads and from where, in a line for `distill-bench list datasets`. */
  readonly summary: string;
  /**
   * Reads the splits that are asked for.
   *
   * @throws DistillError code `data` or `option`
   */
  load(source: Source, wanted: readonly Split[], surroundings: Surroundings): Promise<LoadedSplits>;
}

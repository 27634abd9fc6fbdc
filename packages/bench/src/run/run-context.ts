import type { Callback } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { Surroundings } from '../dataset/index.js';
import type { MadeWith } from '../report/index.js';
import type { RunData } from './datasets.js';

/** What all trainings of a run have in common. */
export interface RunContext {
  readonly config: RunConfig;
  readonly data: RunData;
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
  /** Kept with every result. */
  readonly madeWith: MadeWith;
  /** Warnings for every result from now on, e.g. that the run was started on another engine. */
  readonly warnings: readonly string[];
  /** Number of trainings that share the machine. Default: 1. */
  readonly atATime?: number | undefined;
}

/** Where a run sends its messages. Data goes to standard output, everything else goes here. */
export interface RunLog {
  /** One line for the user. */
  say(text: string): void;
  /** A progress display for one training. */
  progress(label: string): Callback;
  /** A progress display for work of a known number of units. Default: none. */
  readonly meter?: Surroundings['meter'];
}

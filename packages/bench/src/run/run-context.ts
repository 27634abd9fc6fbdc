import type { RunConfig } from '../config/index.js';
import type { RunData } from './datasets.js';
import type { MadeWith } from './environment.js';
import type { RunLog } from './training-log.js';

/** What all trainings of a run have in common. */
export interface RunContext {
  readonly config: RunConfig;
  readonly data: RunData;
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
  /** Kept with every result. */
  readonly madeWith: MadeWith;
  /** What every result of now has to say, e.g. that the run was begun on another engine. */
  readonly warnings: readonly string[];
}

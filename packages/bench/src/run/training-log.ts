import type { Callback } from '@distilljs/core';

/** What a run says while it works. Data goes to standard output, everything else goes through here. */
export interface RunLog {
  /** One line for the user. */
  say(text: string): void;
  /** A progress display for one training. */
  progress(label: string): Callback;
}

/** Exit codes of `distill-bench`, for scripts. */
export const EXIT = {
  done: 0,
  /** Something failed: the message says what. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** Stopped by Ctrl-C (as shells report SIGINT); `--resume` goes on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

import { sentenceOf } from './limits.js';

/** How far a task is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly words?: string | undefined;
}

interface Asked {
  readonly id: number;
  readonly task: string;
  readonly given: unknown;
  readonly stop?: boolean;
}

/** What a task may say and hear while it works. */
export interface Told {
  readonly progress: (progress: Progress) => void;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Makes this worker do what its page asks for, a promise each. */
export function serveTasks(tasks: object): void {
  const underWay = new Map<number, AbortController>();
  self.addEventListener('message', ({ data: { id, task, given, stop } }: MessageEvent<Asked>) => {
    if (stop === true) {
      underWay.get(id)?.abort();
      return;
    }
    const control = new AbortController();
    underWay.set(id, control);
    const told: Told = {
      progress: (progress) => {
        self.postMessage({ id, progress });
      },
      signal: control.signal,
    };
    Promise.resolve()
      .then(() => (tasks as Record<string, (given: unknown, told: Told) => unknown>)[task]?.(given, told))
      .then(
        (value) => {
          self.postMessage({ id, value });
        },
        (error: unknown) => {
          self.postMessage({ id, error: sentenceOf(error) });
        },
      )
      .finally(() => {
        underWay.delete(id);
      });
  });
}

import type { Callback } from '@distilljs/core';

/** Controls a training run that proceeds only on request. */
export interface Turns {
  /** The callback to give to the run. */
  readonly callback: Callback;
  /** Resolves when the run is prepared and waits for its first turn. */
  readonly ready: Promise<void>;
  /** Runs this many steps. @returns milliseconds from the end of one step to the end of the next */
  turn(steps: number): Promise<readonly number[]>;
  /** Releases a waiting run. */
  release(): void;
}

/**
 * Makes a run of `distill` wait at the end of a step for its next turn. The times include what happens between two steps of a real
 * run (reading images, reading the loss, the event loop).
 */
export function takeTurns(): Turns {
  let times: number[] = [];
  let left = 0;
  let begun = 0;
  let goOn = (): void => undefined;
  let answer: (times: readonly number[]) => void = () => undefined;
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const wait = (): Promise<void> => new Promise((resolve) => (goOn = resolve));

  return {
    ready,
    callback: {
      name: 'turns',
      async start() {
        isReady();
        await wait();
      },
      async step() {
        times.push(performance.now() - begun);
        left -= 1;
        if (left === 0) {
          answer(times);
          await wait();
        }
        begun = performance.now();
      },
    },
    turn: (steps) =>
      new Promise((resolve) => {
        times = [];
        left = steps;
        answer = resolve;
        begun = performance.now();
        goOn();
      }),
    release: () => {
      goOn();
    },
  };
}

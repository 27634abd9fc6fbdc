import type { Callback } from '@distilljs/core';

/** A training run that goes on only when it is asked to. */
export interface Turns {
  /** To be given to the run. */
  readonly callback: Callback;
  /** Resolves when the run is prepared and waits for its first turn. */
  readonly ready: Promise<void>;
  /** Lets so many steps run. @returns milliseconds from the end of one step to the end of the next */
  turn(steps: number): Promise<readonly number[]>;
  /** Lets the run go where it waits. */
  release(): void;
}

/**
 * Makes a run of `distill` wait at the end of a step until it gets its next turn. What is between two steps of a real run
 * (reading images, reading the loss, the turn of the event loop) is in the times.
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

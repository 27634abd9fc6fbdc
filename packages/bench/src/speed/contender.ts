/** A timed workload that runs a few steps at a time, so that it can alternate with others. */
export interface Contender {
  /** Name for progress messages. */
  readonly name: string;
  /** Runs this many steps. @returns the milliseconds of each */
  turn(steps: number): Promise<readonly number[]>;
  /** Stops it and frees its memory. */
  end(): Promise<void>;
}

/** A contender whose step is one call. @param end frees what the call uses */
export function repeated(name: string, step: () => Promise<void>, end: () => void): Contender {
  return {
    name,
    async turn(steps) {
      const times: number[] = [];
      while (times.length < steps) {
        const started = performance.now();
        await step();
        times.push(performance.now() - started);
      }
      return times;
    },
    end() {
      end();
      return Promise.resolve();
    },
  };
}

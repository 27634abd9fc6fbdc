/** Something that is timed, a few steps at a time, so that it can take turns with others. */
export interface Contender {
  /** As progress messages call it. */
  readonly name: string;
  /** Runs so many steps. @returns the milliseconds of each */
  turn(steps: number): Promise<readonly number[]>;
  /** Ends what runs and frees what it holds. */
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

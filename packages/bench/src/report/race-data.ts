import type { Dropped, PairedComparison } from '../statistics/index.js';

/** How a race went. Methods are chosen by their accuracy on the validation images. */
export interface RaceReport {
  /** Upper bound of the probability that a truly best method was dropped. */
  readonly level: number;
  /** Seeds that every method then in the race has finished, and the maximum number of seeds. */
  readonly seeds: readonly number[];
  readonly most: number;
  /** In the configuration's order: the number of race seeds of each, and its mean accuracy on the validation images over them. */
  readonly methods: readonly {
    readonly method: string;
    readonly seeds: number;
    readonly validationAccuracy: number | null;
  }[];
  /** Methods still in the race. */
  readonly left: readonly string[];
  readonly dropped: readonly Dropped[];
  /** `tie`: all seeds are used. `budget`: another seed would have exceeded it. `none`: every method diverged. */
  readonly end: 'winner' | 'tie' | 'budget' | 'unfinished' | 'none';
  /** The winner on fresh seeds; null while there is none. */
  readonly confirmation: RaceConfirmation | null;
  readonly validationImages: number | null;
  /** Finished trainings, including those with fresh seeds; and the trainings of all methods with the race's seeds. */
  readonly trainings: number;
  readonly fullTrainings: number;
  /** Seconds that processes worked on the run. */
  readonly seconds: number;
  readonly budget: number | null;
}

/** The winner against its strongest rival, on the test images, with seeds that did not take part in the choice. */
export interface RaceConfirmation {
  readonly winner: string;
  readonly rival: string;
  /** The planned seeds; `comparison` has the finished ones. */
  readonly seeds: readonly number[];
  /** Test accuracy, winner minus rival; null while no seed is done. */
  readonly comparison: PairedComparison | null;
}

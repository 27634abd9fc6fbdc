import type { Dropped, PairedComparison } from '../statistics/index.js';

/** How a race went. Methods are chosen by their accuracy on the validation images. */
export interface RaceReport {
  /** Probability at most that a method that is truly best was dropped. */
  readonly level: number;
  /** Seeds that all who were in the race have, and how many there could have been. */
  readonly seeds: readonly number[];
  readonly most: number;
  /** In the configuration's order: seeds of the race that each has, and its mean accuracy on the validation images over them. */
  readonly methods: readonly {
    readonly method: string;
    readonly seeds: number;
    readonly validationAccuracy: number | null;
  }[];
  /** Methods that can still be the best. */
  readonly left: readonly string[];
  readonly dropped: readonly Dropped[];
  /** `tie`: all seeds are used. `budget`: another would have exceeded it. `none`: everything diverged. */
  readonly end: 'winner' | 'tie' | 'budget' | 'unfinished' | 'none';
  /** The winner on fresh seeds; null while there is none. */
  readonly confirmation: RaceConfirmation | null;
  readonly validationImages: number | null;
  /** Trainings that are done, those with fresh seeds included, and those that all methods with the race's seeds alone would take. */
  readonly trainings: number;
  readonly fullTrainings: number;
  /** That processes worked at the run. */
  readonly seconds: number;
  readonly budget: number | null;
}

/** The winner against its strongest rival, on the test images, with seeds that no one was chosen with. */
export interface RaceConfirmation {
  readonly winner: string;
  readonly rival: string;
  /** That are wanted; `comparison` says which are done. */
  readonly seeds: readonly number[];
  /** Test accuracy, winner minus rival; null while no seed is done. */
  readonly comparison: PairedComparison | null;
}

import type { PairedComparison, Summary } from '../statistics/index.js';
import type { TwoSampleDistance } from './map-distance.js';

/** How far the feature maps of one trained network are from those of the network that it learned with. */
export interface ExplainedMaps {
  readonly method: string;
  readonly seed: number;
  /** Of the networks that are compared, e.g. `resnet8` and `teacher resnet32`. */
  readonly network: string;
  readonly peer: string;
  /** Images that each network saw, other ones for the one than for the other. */
  readonly images: number;
  /** Of the maps as they are; undefined for maps of unlike shape. */
  readonly distance?: TwoSampleDistance | undefined;
  /** Of the maps with every channel brought to mean 0 and deviation 1 over its sample: what a batch norm leaves to see. */
  readonly standardized?: TwoSampleDistance | undefined;
  /** Of a method with an adversary: what its discriminator did, after the last epoch. */
  readonly discriminator?: DiscriminatorFacts | undefined;
}

export interface DiscriminatorFacts {
  /** Mean over the last epoch; chance is 0.5 each. */
  readonly loss: number;
  readonly ownScore: number;
  readonly peerScore: number;
  /** What is wrong with the game, in sentences; empty where nothing is. */
  readonly problems: readonly string[];
}

/** A method's distances over its seeds; a cohort's networks of one seed are one measurement, their mean. */
export interface MapsSummary {
  readonly method: string;
  readonly hasAdversary: boolean;
  readonly squared: Summary;
  readonly standardized: Summary;
}

/** A method with an adversary against one without, of the same networks: MMD² of the first minus that of the second, by seed. */
export interface MapsComparison {
  readonly first: string;
  readonly second: string;
  readonly squared: PairedComparison;
  readonly standardized: PairedComparison;
}

import type { PairedComparison, Summary } from '../statistics/index.js';
import type { TwoSampleDistance } from './map-distance.js';

/** The distance between the feature maps of a trained network and those of its peer. */
export interface ExplainedMaps {
  readonly method: string;
  readonly seed: number;
  /** The compared networks, e.g. `resnet8` and `teacher resnet32`. */
  readonly network: string;
  readonly peer: string;
  /** Number of images per network; the two samples are disjoint. */
  readonly images: number;
  /** Distance of the raw maps; undefined for maps of different shapes. */
  readonly distance?: TwoSampleDistance | undefined;
  /** Distance of the maps with every channel standardized over its sample, as a batch norm would. */
  readonly standardized?: TwoSampleDistance | undefined;
  /** The discriminator in the last epoch, for a method with an adversary. */
  readonly discriminator?: DiscriminatorFacts | undefined;
}

export interface DiscriminatorFacts {
  /** Mean over the last epoch; chance is 0.5 each. */
  readonly loss: number;
  readonly ownScore: number;
  readonly peerScore: number;
  /** Problems of the adversarial training, in sentences. */
  readonly problems: readonly string[];
}

/** A method's distances over its seeds; a cohort's networks of one seed are one measurement, their mean. */
export interface MapsSummary {
  readonly method: string;
  readonly hasAdversary: boolean;
  readonly squared: Summary;
  readonly standardized: Summary;
}

/** A method with an adversary against one without, for the same networks: MMD² of the first minus the second, by seed. */
export interface MapsComparison {
  readonly first: string;
  readonly second: string;
  readonly squared: PairedComparison;
  readonly standardized: PairedComparison;
}

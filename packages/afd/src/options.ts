import {
  eitherOf,
  inRange,
  listOf,
  nonNegative,
  oneOf,
  positive,
  text,
  wholeNumber,
  temperatureRange,
} from '@distilljs/core';
import type { OptionCheck, OptionChecks } from '@distilljs/core';

/** Who teaches whom: the directed cycle 1 → 2 → … → K → 1, or everybody everybody else. */
export type Peers = 'cycle' | 'all';

/** Options of a discriminator; its widths, kernels and slope are not known from the paper. */
export interface DiscriminatorOptions {
  /**
   * Edges of both kernels. `auto`: half the map's edge, then all that the first leaves, so that the one score sees the whole
   * map. Default `['auto', 'auto']`: 4 and 5 for a map of 8×8.
   */
  readonly discriminatorKernels: readonly [number | 'auto', number | 'auto'];
  /** Strides of both convolutions. Default `[1, 1]`. */
  readonly discriminatorStrides: readonly [number, number];
  /** Channels between the convolutions. Default `auto`: half the map's. */
  readonly discriminatorWidth: number | 'auto';
  /** Slope of the leaky ReLU below 0, 0 to 1. Default 0.01, PyTorch's (tfjs has 0.2). */
  readonly leakySlope: number;
}

/** What the online and the offline variant have in common. */
export interface AdversarialOptions extends DiscriminatorOptions {
  /** T of both softmaxes, above 0. Default 3 (from re-implementations; the paper's text could not be read). */
  readonly temperature: number;
  /** Weight of the cross-entropy with the labels, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of the divergence `T² KL`, at least 0. Default 1, as in the paper; 0 is the ablation with the adversarial loss alone. */
  readonly kdWeight: number;
  /**
   * Adam's rate for extractors, transfer layers and discriminators. Default 2e-5. It is what keeps the game alive: at 1e-3
   * a discriminator is saturated after 50 steps.
   */
  readonly featureLearningRate: number;
  /**
   * Coupled L2 of that Adam: `g ← g + λ p` before the moments, of every variable that it moves, batch norm's scales and
   * offsets too. Default 0.1, at which it is most of what this Adam does: AdamW with 0.1 would do almost nothing.
   */
  readonly featureWeightDecay: number;
  /**
   * Shares of the training, not epochs, at which that rate falls to a tenth: rising, above 0 and at most 1. Default
   * `[0.25, 0.5]`: epochs 75 and 150 of 300.
   */
  readonly featureMilestones: readonly number[];
  /**
   * `snapshot`: all gradients at the same parameters, then applied in order. `sequential`: logit loss, then discriminators,
   * then extractors, each after a fresh forward pass. Default `snapshot`.
   */
  readonly order: 'snapshot' | 'sequential';
}

/** Options of `afd`. Defaults are {@link afdDefaults}. */
export interface AfdOptions extends AdversarialOptions {
  /** K, from 2 to 64: students of the run. Default 2. */
  readonly networks: number;
  /**
   * Where the feature map is read: one name for all networks, or one per network. Default `auto`: the last stage of each, that is
   * its last feature map before global average pooling.
   */
  readonly tap: string | readonly string[];
  /**
   * Channels that transfer layers bring all maps to. Default `auto`: the widest map's. Where every map has as many already,
   * there are no such layers.
   */
  readonly commonWidth: number | 'auto';
}

/** Options of `afdOffline`. */
export interface AfdOfflineOptions extends AdversarialOptions {
  /** Where the student's feature map is read. Default `auto`: its last stage, before global average pooling. */
  readonly studentTap: string;
  /** Where the teacher's is read. Default `auto`, likewise. */
  readonly teacherTap: string;
}

/** Options of `dml`. */
export interface DmlOptions {
  /** K, from 2 to 64: students of the run. Default 2. */
  readonly networks: number;
  /** T of both softmaxes, above 0. Default 3, to differ from `afd` in nothing but the adversarial loss; DML itself has 1. */
  readonly temperature: number;
  /** Weight of the cross-entropy with the labels, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of the divergence, at least 0. Default 1. */
  readonly kdWeight: number;
  /**
   * Whom a network learns from: `all` others in equal parts (DML), or the one before it in the `cycle` (AFD without its
   * adversarial loss). Default `all`. With two networks they are the same.
   */
  readonly peers: Peers;
}

/** Options of `featureL1`. */
export interface FeatureL1Options extends Omit<DmlOptions, 'peers'> {
  /** Weight of the distance of feature maps. Default 1; the paper's is not known. */
  readonly alignWeight: number;
  /**
   * Where the feature map is read: one name for all networks, or one per network. Default `auto`: the last stage of each, that is
   * its last feature map before global average pooling.
   */
  readonly tap: string | readonly string[];
  /**
   * Channels that transfer layers bring all maps to. Default `auto`: the widest map's. Where every map has as many already,
   * there are no such layers.
   */
  readonly commonWidth: number | 'auto';
}

const adversarialDefaults: AdversarialOptions = {
  temperature: 3,
  ceWeight: 1,
  kdWeight: 1,
  featureLearningRate: 2e-5,
  featureWeightDecay: 0.1,
  featureMilestones: [0.25, 0.5],
  order: 'snapshot',
  discriminatorKernels: ['auto', 'auto'],
  discriminatorStrides: [1, 1],
  discriminatorWidth: 'auto',
  leakySlope: 0.01,
};

export const afdDefaults: AfdOptions = Object.freeze({
  networks: 2,
  tap: 'auto',
  commonWidth: 'auto',
  ...adversarialDefaults,
});

export const afdOfflineDefaults: AfdOfflineOptions = Object.freeze({
  studentTap: 'auto',
  teacherTap: 'auto',
  ...adversarialDefaults,
});

export const dmlDefaults: DmlOptions = Object.freeze({
  networks: 2,
  temperature: 3,
  ceWeight: 1,
  kdWeight: 1,
  peers: 'all',
});

export const featureL1Defaults: FeatureL1Options = Object.freeze({
  networks: 2,
  temperature: 3,
  ceWeight: 1,
  kdWeight: 1,
  alignWeight: 1,
  tap: 'auto',
  commonWidth: 'auto',
});

/**
 * The discriminator of the public re-implementation `self_kd`, for maps of 4×4: 2×2 at stride 1, then 2×2 at stride 2, which
 * does not see the last row and column of the 3×3 in between.
 */
export const thirdPartyGeometry: Pick<DiscriminatorOptions, 'discriminatorKernels' | 'discriminatorStrides'> =
  Object.freeze({ discriminatorKernels: [2, 2], discriminatorStrides: [1, 2] } as const);

/** A number of channels, or `auto`. */
const widthOrAuto = eitherOf(oneOf('auto'), wholeNumber({ min: 1, max: 4096 }));

/** A list of two that both pass `check`. */
export const pairOf =
  (check: OptionCheck): OptionCheck =>
  (value) =>
    Array.isArray(value) && value.length === 2 && listOf(check)(value) === undefined
      ? undefined
      : `a list of two, each ${check(undefined) ?? 'any value'}`;

/** Shares of the training, above 0 and at most 1, each larger than the one before it. */
const risingShares: OptionCheck = (value) => {
  const rises = (share: unknown, at: number, all: readonly unknown[]): boolean =>
    positive(share) === undefined &&
    inRange(0, 1)(share) === undefined &&
    (at === 0 || (share as number) > (all[at - 1] as number));
  return Array.isArray(value) && value.every(rises)
    ? undefined
    : 'rising shares of the training (not epochs), each above 0 and at most 1';
};

/** Height, width and channels of a map. */
export const mapShapeCheck = listOf(wholeNumber({ min: 1 }), 3, 3);

export const discriminatorChecks: OptionChecks<DiscriminatorOptions> = {
  discriminatorKernels: pairOf(eitherOf(oneOf('auto'), wholeNumber({ min: 1, limit: 255 }))),
  discriminatorStrides: pairOf(wholeNumber({ min: 1, limit: 255 })),
  discriminatorWidth: widthOrAuto,
  leakySlope: inRange(0, 1),
};

export const adversarialChecks = {
  temperature: temperatureRange,
  ceWeight: nonNegative,
  kdWeight: nonNegative,
  featureLearningRate: nonNegative,
  featureWeightDecay: nonNegative,
  featureMilestones: risingShares,
  order: oneOf('snapshot', 'sequential'),
  ...discriminatorChecks,
};

export const peersCheck = oneOf('all', 'cycle');

export const cohortChecks = {
  networks: wholeNumber({ min: 2, max: 64 }),
  temperature: temperatureRange,
  ceWeight: nonNegative,
  kdWeight: nonNegative,
};

export const mapChecks = { tap: eitherOf(text, listOf(text)), commonWidth: widthOrAuto };

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

/** Who teaches whom: the directed `cycle` 1 → 2 → … → K → 1, or `all` networks teach all others. */
export type Peers = 'cycle' | 'all';

/** Options of a discriminator. The paper's widths, kernels and slope are unknown to us. */
export interface DiscriminatorOptions {
  /**
   * Edges of both square kernels, at least 1. `auto` for the first is half the map's edge; for the second, the whole
   * output of the first convolution, so that the single score sees the whole map. Default `['auto', 'auto']`: 4 and 5
   * for an 8×8 map.
   */
  readonly discriminatorKernels: readonly [number | 'auto', number | 'auto'];
  /** Strides of both convolutions, at least 1. Default `[1, 1]`. */
  readonly discriminatorStrides: readonly [number, number];
  /** Channels between the convolutions, 1 to 4,096. Default `auto`: half the map's. */
  readonly discriminatorWidth: number | 'auto';
  /** Slope of the leaky ReLU for negative inputs, 0 to 1. Default 0.01, as in PyTorch (0.2 in tfjs). */
  readonly leakySlope: number;
}

/** Options that `afd` and `afdOffline` share. */
export interface AdversarialOptions extends DiscriminatorOptions {
  /** T of both softmaxes, 0.01 to 1000. Default 3 (from re-implementations; the paper's text was not available to us). */
  readonly temperature: number;
  /** Weight of the cross-entropy with the labels, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of the divergence `T² KL`, at least 0. Default 1, as in the paper; 0 is the ablation without KD. */
  readonly kdWeight: number;
  /**
   * Adam's learning rate for extractors, transfer layers and discriminators, at least 0. Default 2e-5. A low rate keeps
   * the game alive: at 1e-3 a discriminator saturates within 50 steps.
   */
  readonly featureLearningRate: number;
  /**
   * L2 coefficient λ of that Adam, at least 0. It is coupled: `g ← g + λ p` before the moments, for every variable,
   * including batch norm's scales and offsets. Default 0.1, at which it dominates the updates; decoupled decay (AdamW)
   * of 0.1 would do almost nothing.
   */
  readonly featureWeightDecay: number;
  /**
   * Points at which that learning rate falls to a tenth, as shares of the run (not epochs): rising, above 0 and at most
   * 1. Default `[0.25, 0.5]`: epochs 75 and 150 of 300.
   */
  readonly featureMilestones: readonly number[];
  /**
   * `snapshot`: all gradients are taken at the same parameters, then applied in order. `sequential`: logit loss, then
   * discriminators, then extractors, each after a fresh forward pass. Default `snapshot`.
   */
  readonly order: 'snapshot' | 'sequential';
}

/** Options of `afd`. Defaults are {@link afdDefaults}. */
export interface AfdOptions extends AdversarialOptions {
  /** K, number of students in the run, 2 to 64. Default 2. */
  readonly networks: number;
  /**
   * Tap of the feature map: one name for all networks, or one per network. Default `auto`: the last stage of each, i.e.
   * its last feature map before global average pooling.
   */
  readonly tap: string | readonly string[];
  /**
   * Channels of all maps after the transfer layers, 1 to 4,096. Default `auto`: those of the widest map. No transfer
   * layer is trained where every map already has that many.
   */
  readonly commonWidth: number | 'auto';
}

/** Options of `afdOffline`. */
export interface AfdOfflineOptions extends AdversarialOptions {
  /** Tap of the student's feature map. Default `auto`: its last stage, before global average pooling. */
  readonly studentTap: string;
  /** Tap of the teacher's feature map. Default `auto`: its last stage, before global average pooling. */
  readonly teacherTap: string;
}

/** Options of `dml`. */
export interface DmlOptions {
  /** K, number of students in the run, 2 to 64. Default 2. */
  readonly networks: number;
  /** T of both softmaxes, 0.01 to 1000. Default 3, as in `afd`, so that the two compare directly; DML's paper uses 1. */
  readonly temperature: number;
  /** Weight of the cross-entropy with the labels, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of the divergence, at least 0. Default 1. */
  readonly kdWeight: number;
  /**
   * The networks that each network learns from: `all` others in equal parts (DML), or the one before it in the `cycle`
   * (AFD without its adversarial loss). Default `all`. With two networks both are the same.
   */
  readonly peers: Peers;
}

/** Options of `featureL1`. */
export interface FeatureL1Options extends Omit<DmlOptions, 'peers'> {
  /** Weight of the distance between feature maps, at least 0. Default 1; the paper's is unknown. */
  readonly alignWeight: number;
  /**
   * Tap of the feature map: one name for all networks, or one per network. Default `auto`: the last stage of each, i.e.
   * its last feature map before global average pooling.
   */
  readonly tap: string | readonly string[];
  /**
   * Channels of all maps after the transfer layers, 1 to 4,096. Default `auto`: those of the widest map. No transfer
   * layer is trained where every map already has that many.
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
 * The discriminator of the public re-implementation `self_kd`, for 4×4 maps: a 2×2 kernel at stride 1, then 2×2 at
 * stride 2. The second does not see the last row and column of the 3×3 map in between.
 */
export const thirdPartyGeometry: Pick<DiscriminatorOptions, 'discriminatorKernels' | 'discriminatorStrides'> =
  Object.freeze({ discriminatorKernels: [2, 2], discriminatorStrides: [1, 2] } as const);

/** A number of channels, or `auto`. */
const widthOrAuto = eitherOf(oneOf('auto'), wholeNumber({ min: 1, max: 4096 }));

/** A list of two values that both pass `check`. */
export const pairOf =
  (check: OptionCheck): OptionCheck =>
  (value) =>
    Array.isArray(value) && value.length === 2 && listOf(check)(value) === undefined
      ? undefined
      : `a list of two, each ${check(undefined) ?? 'any value'}`;

/** Shares of the run, above 0 and at most 1, each larger than the previous one. */
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

import { adam, stepRate } from '@distilljs/core';
import type {
  AuxiliaryCost,
  Exhibit,
  FeatureMap,
  LossTerms,
  NamedVariables,
  OptimizerSpec,
  PlanContext,
  Step,
  Update,
} from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { joinVariables } from './cohort/index.js';
import { createDiscriminator, discriminate } from './discriminator/index.js';
import type { DiscriminatorGeometry } from './discriminator/index.js';
import type { MapShape } from './feature-map-shape.js';
import { discriminatorLoss, generatorLoss } from './loss/index.js';
import { oncePerStep } from './once-per-step.js';
import type { AdversarialOptions } from './options.js';
import type { Transfer } from './transfer/index.js';

/** The adversarial part of a method: one discriminator per network, and the two updates that play the game. */
export interface Adversary {
  /** Of all discriminators. */
  readonly variables: NamedVariables;
  /** Moves extractors and transfer layers by L_G. */
  readonly features: Update;
  /** Moves the discriminators by L_D. */
  readonly discriminatorUpdate: Update;
  /** Of discriminators and transfer layers. */
  readonly cost: AuxiliaryCost;
  /** Every discriminator's mean score of every network's maps of a batch. */
  scoreTable(maps: readonly FeatureMap[]): Exhibit;
  /** Frees the discriminators. */
  dispose(): void;
}

/** Who plays: as many entries in each list as there are networks that learn. */
export interface Players {
  /** Common shape of all maps. */
  readonly shape: MapShape;
  /** Of every discriminator. */
  readonly geometry: DiscriminatorGeometry;
  /** Extractors and transfer layers, by name: what L_G moves. */
  readonly generators: NamedVariables;
  readonly transfers: readonly Transfer[];
  /** The networks' own maps in this step, through their transfer layers. */
  readonly own: (step: Step) => readonly FeatureMap[];
  /** The map that each network's own are to be taken for. */
  readonly peers: (step: Step) => readonly FeatureMap[];
}

/**
 * Discriminators and their game, least squares: `L_Dk = mean((1 − D_k(peer))²) + mean(D_k(own)²)` moves D_k alone,
 * `L_Gk = mean((1 − D_k(own))²)` moves extractor and transfer layer of network k alone, through D_k.
 *
 * What an update does not name among its variables is a constant for it, so both losses share one pass of each
 * discriminator over each map. Beside the losses, the mean scores are logged (weight 0).
 */
export function createAdversary(
  { random, epochs }: PlanContext,
  options: AdversarialOptions,
  { shape, geometry, generators, transfers, own, peers }: Players,
): Adversary {
  const discriminators = transfers.map((_, index) =>
    createDiscriminator(shape, geometry, random.fork(`discriminator${index + 1}`)),
  );
  const variables = joinVariables(
    'discriminator',
    discriminators.map((each) => each.variables),
  );
  const scores = (maps: readonly FeatureMap[]): tf.Tensor1D[] =>
    discriminators.map(({ weights }, index) => discriminate(maps[index] as FeatureMap, weights, geometry));
  const ownScores = oncePerStep((step) => scores(own(step)));
  const optimizer = featureOptimizer(options, epochs);

  return {
    variables,
    features: {
      name: 'features',
      variables: generators,
      optimizer,
      terms: (step) =>
        numbered(ownScores(step), (score) => ({ generator: { value: generatorLoss(score), weight: 1 } })),
    },
    discriminatorUpdate: {
      name: 'discriminators',
      variables,
      optimizer,
      terms(step) {
        const peerScores = scores(peers(step));
        return numbered(ownScores(step), (score, index) => {
          const peer = peerScores[index] as tf.Tensor1D;
          return {
            loss: { value: discriminatorLoss(peer, score), weight: 1 },
            own: { value: tf.mean<tf.Scalar>(score), weight: 0 },
            peer: { value: tf.mean<tf.Scalar>(peer), weight: 0 },
          };
        });
      },
    },
    cost: {
      trainParameters: sum([...transfers, ...discriminators].map(({ parameters }) => parameters)),
      trainMacs: sum(transfers.map(({ macs }) => macs)) + 2 * sum(discriminators.map(({ macs }) => macs)),
      inferenceParameters: 0,
      inferenceMacs: 0,
    },
    scoreTable(maps) {
      const means = discriminators.map(({ weights }) =>
        tf.stack(maps.map((map) => tf.mean(discriminate(map, weights, geometry)))),
      );
      return {
        title: 'Mean score by discriminator and network whose maps it sees (its own network: towards 0)',
        values: tf.stack(means) as tf.Tensor2D,
        rows: { title: 'discriminator', labels: discriminators.map((_, index) => String(index + 1)) },
        columns: { title: 'network', labels: maps.map((_, index) => String(index + 1)) },
      };
    },
    dispose() {
      tf.dispose(Object.values(variables));
    },
  };
}

/** Terms of every network, as `loss1`, `loss2`, …. */
function numbered(
  scores: readonly tf.Tensor1D[],
  termsOf: (score: tf.Tensor1D, index: number) => LossTerms,
): LossTerms {
  return Object.fromEntries(
    scores.flatMap((score, index) =>
      Object.entries(termsOf(score, index)).map(([name, term]) => [`${name}${index + 1}`, term]),
    ),
  );
}

/**
 * The Adam of the feature losses.
 *
 * @param epochs of the training, to place the milestones
 * @see the public re-implementation's constants: 2e-5, L2 0.1, a tenth at epochs 75 and 150 of 300
 */
export function featureOptimizer(
  {
    featureLearningRate,
    featureWeightDecay,
    featureMilestones,
  }: Pick<AdversarialOptions, 'featureLearningRate' | 'featureWeightDecay' | 'featureMilestones'>,
  epochs: number,
): OptimizerSpec {
  const milestones = featureMilestones.map((share) => share * epochs);
  return adam({
    learningRate: stepRate(featureLearningRate, { milestones }),
    weightDecay: featureWeightDecay,
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

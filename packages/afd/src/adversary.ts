import type {
  AuxiliaryCost,
  Exhibit,
  FeatureMap,
  LossTerms,
  MapShape,
  NamedVariables,
  Phase,
  Plan,
  PlanContext,
  Step,
  Update,
} from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { joinVariables } from './cohort.js';
import { createDiscriminator, discriminate } from './discriminator.js';
import type { Discriminator } from './discriminator.js';
import type { DiscriminatorGeometry } from './discriminator-geometry.js';
import { discriminatorLoss, generatorLoss } from './losses.js';
import { featureOptimizer } from './optimizers.js';
import type { AdversarialOptions } from './options.js';
import { reviewDiscriminators } from './review.js';
import type { Transfer } from './transfer.js';

/** The networks of the game: their maps, weights and logit loss. */
export interface Players {
  /** Common shape of all maps. */
  readonly shape: MapShape;
  /** Geometry of every discriminator. */
  readonly geometry: DiscriminatorGeometry;
  /** Weights that the networks' maps depend on, by name; L_G trains them. */
  readonly extractors: NamedVariables;
  /** One per network; L_G trains their weights too. */
  readonly transfers: readonly Transfer[];
  /** Networks and taps that a step runs. */
  readonly reads: Phase['reads'];
  /** The networks' maps in this step, through their transfer layers. */
  ownMaps(step: Step): readonly FeatureMap[];
  /** The map that each network's own map should pass for. */
  peerMaps(step: Step, own: readonly FeatureMap[]): readonly FeatureMap[];
  /** The update of the logit loss. */
  readonly logits: Update;
  /** Training cost without the discriminators. */
  readonly cost: AuxiliaryCost;
}

/**
 * The plan for networks that learn from predictions and each play against their own discriminator. With `own` the map
 * of network k and `peer` the map that it should pass for, two updates of every step make up the game:
 *
 * - `features` trains extractor and transfer layer of network k by `L_Gk = mean((1 − D_k(own))²)`
 * - `discriminators` trains D_k by `L_Dk = mean((1 − D_k(peer))²) + mean(D_k(own)²)`
 *
 * An update changes only the variables that it names: L_G backpropagates through D_k without training it. So both
 * losses share one pass of D_k over the own map. The mean scores are logged beside the losses (weight 0).
 */
export function adversarialPlan(
  { random, epochs }: PlanContext,
  options: AdversarialOptions,
  players: Players,
): Plan {
  const { shape, geometry, transfers, logits } = players;
  const discriminators = transfers.map((_, network) =>
    createDiscriminator(shape, geometry, random.fork(`discriminator${network + 1}`)),
  );
  const discriminatorVariables = joined('discriminator', discriminators);
  const transferVariables = joined('transfer', transfers);
  const optimizer = featureOptimizer(options, epochs);

  const score = (maps: readonly FeatureMap[]): tf.Tensor1D[] =>
    discriminators.map(({ weights }, network) =>
      discriminate(maps[network] as FeatureMap, weights, geometry),
    );
  const ownMaps = oncePerStep((step) => players.ownMaps(step));
  const ownScores = oncePerStep((step) => score(ownMaps(step)));

  const features: Update = {
    name: 'features',
    variables: { ...players.extractors, ...transferVariables },
    optimizer,
    terms: (step) =>
      numbered(ownScores(step), (own) => ({ generator: { value: generatorLoss(own), weight: 1 } })),
  };
  const discrimination: Update = {
    name: 'discriminators',
    variables: discriminatorVariables,
    optimizer,
    terms(step) {
      const peerScores = score(players.peerMaps(step, ownMaps(step)));
      return numbered(ownScores(step), (own, network) => {
        const peer = peerScores[network] as tf.Tensor1D;
        return {
          loss: { value: discriminatorLoss(peer, own), weight: 1 },
          own: { value: tf.mean<tf.Scalar>(own), weight: 0 },
          peer: { value: tf.mean<tf.Scalar>(peer), weight: 0 },
        };
      });
    },
  };
  // With `snapshot` the order changes nothing. With `sequential`, extractors see what the discriminators have just learned.
  const game = options.order === 'snapshot' ? [features, discrimination] : [discrimination, features];
  const auxiliary = { ...transferVariables, ...discriminatorVariables };
  const sees = (maps: readonly FeatureMap[]): Exhibit => scoreTable(discriminators, maps);
  return {
    auxiliary,
    cost: withDiscriminators(players.cost, discriminators),
    phases: [
      {
        name: 'train',
        epochs,
        reads: players.reads,
        order: options.order,
        updates: [logits, ...game],
        ...(discriminators.length > 1 && { inspect: (step) => ({ scores: sees(ownMaps(step)) }) }),
      },
    ],
    review: reviewDiscriminators,
    dispose: () => {
      tf.dispose(Object.values(auxiliary));
    },
  };
}

/**
 * Computes a value once per step, however many updates use it: a step's updates share one tape. The tensors are freed
 * with the step's other tensors.
 */
function oncePerStep<T extends object>(compute: (step: Step) => T): (step: Step) => T {
  const known = new WeakMap<Step, T>();
  return (step) => {
    const value = known.get(step) ?? compute(step);
    known.set(step, value);
    return value;
  };
}

/** Terms of every network, with the network's number in their names: `loss1`, `loss2`, …. */
function numbered(
  scores: readonly tf.Tensor1D[],
  termsOf: (score: tf.Tensor1D, network: number) => LossTerms,
): LossTerms {
  return Object.fromEntries(
    scores.flatMap((score, network) =>
      Object.entries(termsOf(score, network)).map(([name, term]) => [`${name}${network + 1}`, term]),
    ),
  );
}

function joined(owner: string, parts: readonly (Transfer | Discriminator)[]): NamedVariables {
  return joinVariables(
    owner,
    parts.map(({ variables }) => variables),
  );
}

/** Adds the discriminators' cost: each sees two maps per image, its own network's and the peer's. */
function withDiscriminators(cost: AuxiliaryCost, discriminators: readonly Discriminator[]): AuxiliaryCost {
  return discriminators.reduce(
    (sum, { parameters, macs }) => ({
      ...sum,
      trainParameters: sum.trainParameters + parameters,
      trainMacs: sum.trainMacs + 2 * macs,
    }),
    cost,
  );
}

/** Mean score of every discriminator for every network's maps over a batch, `[discriminators, networks]`. */
function scoreTable(discriminators: readonly Discriminator[], maps: readonly FeatureMap[]): Exhibit {
  const means = discriminators.map(({ weights, geometry }) =>
    tf.stack(maps.map((map) => tf.mean(discriminate(map, weights, geometry)))),
  );
  return {
    title: 'Mean score by discriminator and network whose maps it sees (its own network: towards 0)',
    values: tf.stack(means) as tf.Tensor2D,
    rows: { title: 'discriminator', labels: discriminators.map((_, index) => String(index + 1)) },
    columns: { title: 'network', labels: maps.map((_, index) => String(index + 1)) },
  };
}

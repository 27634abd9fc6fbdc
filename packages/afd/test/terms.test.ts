import { onOneTape } from '@distilljs/core';
import type { FeatureMap, LossTerms, Method, Plan } from '@distilljs/core';
import { describeOnEngines, tinyNetwork } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { afd, afdOffline, discriminate, discriminatorGeometry, dml, featureL1 } from '../src/index.js';
import type { DiscriminatorWeights } from '../src/index.js';
import { afdDefaults } from '../src/options.js';
import { cases, numberOf, tensor } from './golden.js';
import { cohort, planOf, stepOf, termsOf, totalOf } from './plan-terms.js';

const { inputs: three, expected: ofThree } = cases.three_networks;
const { inputs: pair, expected: ofPair } = cases.logit_pair;

/** Maps of three networks, `[3, 3, 3, 4]`; one per image of the reference's. */
const mapsOfThree = (): FeatureMap[] =>
  [1, 2, 3].map((seed) => tf.relu(tf.randomNormal<tf.Rank.R4>([3, 3, 3, 4], 0, seed, 'float32', seed)));

/** Plans for fresh networks, looks, and frees all. */
async function withPlan(method: Method, students: number, look: (plan: Plan) => void): Promise<void> {
  const networks = cohort(students);
  const teacher = tinyNetwork(9, { width: 2 });
  const plan = await planOf(method, networks, teacher);
  try {
    tf.tidy(() => {
      look(plan);
    });
  } finally {
    plan.dispose();
    for (const network of [...networks, teacher]) network.dispose();
  }
}

const valueIn = (terms: LossTerms, name: string): number => numberOf(terms[name]?.value as tf.Tensor);

await describeOnEngines('the logit terms', () => {
  it.each([
    ['dml', dml({ networks: 3 }), 'networks', ofThree.dml_mean_over_peers],
    ['dml in the cycle', dml({ networks: 3, peers: 'cycle' }), 'networks', ofThree.cyclic],
    ['feature-l1', featureL1({ networks: 3 }), 'networks', ofThree.cyclic],
    ['afd', afd({ networks: 3 }), 'logits', ofThree.cyclic],
  ] as const)('of three networks in %s are the reference’s', async (_, method, update, wanted) => {
    await withPlan(method, 3, (plan) => {
      const maps = mapsOfThree();
      const said = three.z.map((z, index) => ({ logits: tensor<tf.Rank.R2>(z), map: maps[index] }));
      const terms = termsOf(plan, update, stepOf(said, three.labels));
      wanted.forEach((value, index) => {
        expect(numberOf(totalOf(terms, index + 1)), `network ${index + 1}`).toBeCloseTo(value, 5);
      });
    });
  });

  // T = 1, where T² KL is KL, and half its weight: neither is the default.
  const options = { temperature: 1, kdWeight: 0.5 };
  it.each([
    ['dml', dml(options), 'networks'],
    ['feature-l1', featureL1(options), 'networks'],
    ['afd', afd(options), 'logits'],
  ] as const)(
    'of a pair in %s are at the temperature and have the weight that are asked for',
    async (...given) => {
      const [, method, update] = given;
      await withPlan(method, 2, (plan) => {
        const [map] = mapsOfThree();
        const said = [pair.z1, pair.z2].map((z) => ({ logits: tensor<tf.Rank.R2>(z), map }));
        const terms = termsOf(plan, update, stepOf(said, pair.labels));
        const { ce1, ce2, kl_2_to_1, kl_1_to_2 } = ofPair['T=1'];
        expect(numberOf(totalOf(terms, 1))).toBeCloseTo(ce1 + kl_2_to_1 / 2, 5);
        expect(numberOf(totalOf(terms, 2))).toBeCloseTo(ce2 + kl_1_to_2 / 2, 5);
      });
    },
  );

  it('of afd-offline are at the temperature and have the weight that are asked for', async () => {
    await withPlan(afdOffline(options), 1, (plan) => {
      const [student, teacher] = [pair.z1, pair.z2].map((z) => ({ logits: tensor<tf.Rank.R2>(z) }));
      const terms = termsOf(plan, 'logits', stepOf([student as never], pair.labels, teacher));
      expect(valueIn(terms, 'ce')).toBeCloseTo(ofPair['T=1'].ce1, 5);
      expect(valueIn(terms, 'kd')).toBeCloseTo(ofPair['T=1'].kl_2_to_1, 5);
      expect([terms['ce']?.weight, terms['kd']?.weight]).toEqual([1, 0.5]);
    });
  });
});

await describeOnEngines('feature-l1', () => {
  it('aligns each map with that of the network before it in the cycle, and moves its own alone', async () => {
    await withPlan(featureL1({ networks: 3, alignWeight: 2 }), 3, (plan) => {
      const maps = mapsOfThree();
      const values = maps.map((map) => map.dataSync());
      const terms = (): LossTerms => {
        const said = maps.map((map, index) => ({
          logits: tensor<tf.Rank.R2>(three.z[index] as never),
          map,
        }));
        return termsOf(plan, 'networks', stepOf(said, three.labels));
      };
      onOneTape(terms, (all, gradientOf) => {
        [2, 0, 1].forEach((before, own) => {
          const align = all[`align${own + 1}`];
          const gaps = Array.from(values[own] ?? [], (value, at) =>
            Math.abs(value - (values[before]?.[at] ?? NaN)),
          );
          const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
          expect(numberOf(align?.value as tf.Tensor)).toBeCloseTo(mean, 5);
          expect(align?.weight).toBe(2);
          const reached = gradientOf(() => align?.value as tf.Scalar, maps).map((each) => each !== undefined);
          expect(reached).toEqual([0, 1, 2].map((network) => network === own));
        });
      });
    });
  });
});

await describeOnEngines('the discriminators’ terms', () => {
  it('log the mean scores of the own and of the peer’s maps under these names', async () => {
    await withPlan(afd({ networks: 3 }), 3, (plan) => {
      const maps = mapsOfThree();
      const said = maps.map((map, index) => ({ logits: tensor<tf.Rank.R2>(three.z[index] as never), map }));
      const terms = termsOf(plan, 'discriminators', stepOf(said, three.labels));
      const scores = scoresOf(plan, maps);
      [2, 0, 1].forEach((peer, own) => {
        expect(valueIn(terms, `own${own + 1}`)).toBeCloseTo(scores[own]?.[own] ?? NaN, 6);
        expect(valueIn(terms, `peer${own + 1}`)).toBeCloseTo(scores[own]?.[peer] ?? NaN, 6);
        expect(terms[`own${own + 1}`]?.weight).toBe(0);
        expect(terms[`peer${own + 1}`]?.weight).toBe(0);
      });
      // They differ, so that one cannot stand for another.
      expect(new Set(scores.flat().map((score) => score.toFixed(5))).size).toBe(9);
    });
  });

  it('are shown as a table: discriminators by rows, networks by columns', async () => {
    await withPlan(afd({ networks: 3 }), 3, (plan) => {
      const maps = mapsOfThree();
      const said = maps.map((map, index) => ({ logits: tensor<tf.Rank.R2>(three.z[index] as never), map }));
      const table = plan.phases[0]?.inspect?.(stepOf(said, three.labels))['scores'];
      const shown = table?.values.arraySync() as number[][];
      expect(shown.map((row) => row.length)).toEqual([3, 3, 3]);
      scoresOf(plan, maps).forEach((row, discriminator) => {
        row.forEach((score, network) => {
          expect(shown[discriminator]?.[network]).toBeCloseTo(score, 6);
        });
      });
    });
  });
});

/** Mean score of every discriminator (rows) for every map (columns). */
function scoresOf({ auxiliary }: Plan, maps: readonly FeatureMap[]): number[][] {
  const geometry = discriminatorGeometry(afdDefaults, [3, 3, 4]);
  return maps.map((_, index) => {
    const prefix = `discriminator${index + 1}/`;
    const weights = Object.fromEntries(
      Object.entries(auxiliary)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, variable]) => [name.slice(prefix.length), variable]),
    ) as unknown as DiscriminatorWeights;
    return maps.map((map) => numberOf(tf.mean(discriminate(map, weights, geometry))));
  });
}

import { asNetwork, createNetwork, createRandom, loadModel, seedWeights } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import {
  AdaptiveAveragePooling,
  classScores,
  hmePaper,
  hmeReleased,
  kdExplainer,
  readExperts,
  registerHme,
  TaskAttention,
} from '@distilljs/vam';
import type { HeadKind, KdExplainerOptions } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixtureExperts, FIXTURE_NAMES } from './fixture-experts.js';
import { expectClose, expectScalar, golden, tensor } from './golden.js';

const { G4_heads: g4, G8_tiny_hme: g8, G14_released_hme: g14 } = golden;
const KINDS: readonly HeadKind[] = ['binary', 'nce', 'one_logit'];

/** The terms of a step's loss on the fixture, as a sum, and its gradients. */
async function objective(
  network: Network,
  options: Partial<KdExplainerOptions>,
): Promise<{ loss: tf.Scalar; gradients: Record<string, tf.Tensor> }> {
  const plan = await kdExplainer({ retrainShare: 0, ...options }).plan({
    students: [network],
    epochs: 1,
  } as never);
  const update = plan.phases[0]?.updates[0];
  const { value, grads } = tf.tidy(() =>
    tf.variableGrads(() => {
      const labels = tf.tensor1d(g8.labels, 'int32');
      const step = {
        oneHot: tf.cast(tf.oneHot(labels, 3), 'float32'),
        student: network.forward(tensor(g8.x), { training: true }),
        teacher: { logits: tensor<tf.Tensor2D>(g8.teacher) },
      };
      const terms = Object.values(update?.terms(step as never) ?? {});
      return tf.addN<tf.Scalar>(terms.map((term) => tf.mul(term.value, term.weight)));
    }, Object.values(network.variables)),
  );
  const gradients = Object.fromEntries(
    Object.entries(network.variables).map(([name, variable]) => [name, grads[variable.name] as tf.Tensor]),
  );
  return { loss: value, gradients };
}

await describeOnEngines('class scores', () => {
  it('are margins, maxima, or the one output', () => {
    tf.tidy(() => {
      const heads = tf.unstack(tensor<tf.Tensor3D>(g4.two_logits), 1);
      expectClose(classScores('binary').apply(heads) as tf.Tensor, g4.binary.margin);
      expectClose(tf.sigmoid(classScores('binary').apply(heads) as tf.Tensor), g4.binary.p_pos);
      expectClose(classScores('nce').apply(heads) as tf.Tensor, g4.nce_max.scores);
      expectClose(tf.softmax(classScores('nce').apply(heads) as tf.Tensor), g4.nce_max.probs);
      const first = heads.map((head) => tf.slice(head, [0, 0], [-1, 1]));
      expectClose(classScores('one_logit').apply(first) as tf.Tensor, g4.one_logit.scores);
      for (const [kind, expected] of [
        ['binary', g4.binary.pred],
        ['nce', g4.nce_max.pred],
      ] as const)
        expect([...tf.argMax(classScores(kind).apply(heads) as tf.Tensor, 1).dataSync()]).toEqual(expected);
    });
  });
});

await describeOnEngines('a mixture of experts', () => {
  it.each(KINDS)('has the expected loss and gradients with heads %s', async (head) => {
    const network = fixtureExperts(head);
    const expected = g8[head];
    if (head === 'binary') {
      tf.tidy(() => {
        const [first, second] = readExperts(network.model).levels as [TaskAttention, TaskAttention];
        expectClose(first.attention(), g8.A3);
        expectClose(second.attention(), g8.AC);
      });
    }
    const { loss, gradients } = await objective(network, { gamma: g8.gamma_entropy });
    expectScalar(loss, expected.loss);
    for (const [name, gradient] of Object.entries(gradients)) {
      const theirs = FIXTURE_NAMES[name] as keyof typeof expected.grads;
      const wanted = expected.grads[theirs];
      // With one output per head, the fixture's second column has no gradient.
      if (head === 'one_logit' && theirs.startsWith('head_w'))
        expectClose(
          gradient,
          (wanted as number[][]).map(([first = 0]) => [first]),
          name,
        );
      else if (head === 'one_logit' && theirs.startsWith('head_b'))
        expectClose(gradient, [(wanted as number[])[0] ?? NaN], name);
      else expectClose(gradient, wanted, name);
    }
    const without = await objective(network, {});
    expectScalar(without.loss, expected.base_loss);
    tf.dispose([loss, without.loss, ...Object.values(gradients), ...Object.values(without.gradients)]);
    network.dispose();
  });

  it('is hard at temperature 0, with no gradient to Θ', () => {
    const network = fixtureExperts('binary');
    const { levels } = readExperts(network.model);
    for (const level of levels) level.setTemperature(0);
    tf.tidy(() => {
      for (const level of levels) {
        const rows = level.attention().arraySync();
        rows.forEach((row, child) => {
          const theta = level.theta.arraySync()[child] ?? [];
          expect(row).toEqual(
            theta.map((_, parent) => (parent === theta.indexOf(Math.max(...theta)) ? 1 : 0)),
          );
        });
        expectClose(tf.mean(level.entropy()), 0);
      }
      const { grads } = tf.variableGrads(
        () => tf.sum(network.forward(tensor(g8.x)).logits),
        Object.values(network.variables),
      );
      for (const level of levels)
        expectClose(grads[level.theta.name] as tf.Tensor, tf.zerosLike(level.theta).arraySync());
    });
    network.dispose();
  });

  it('keeps its outputs when saved and loaded, its temperature, heads and frozen attention included', async () => {
    const model = hmePaper({
      imageShape: [8, 8, 3],
      classes: 3,
      experts: 2,
      widths: [4, 3, 5],
      blocks: 1,
      head: 'nce',
    });
    seedWeights(model, createRandom(1));
    const network = createNetwork(model);
    for (const level of readExperts(model).levels) level.setTemperature(0.3);
    model.getLayer('attention3').trainable = false;
    const folder = await mkdtemp(join(tmpdir(), 'hme-'));
    await network.save(`file://${folder}`);
    registerHme();
    const loaded = createNetwork(await loadModel(`file://${folder}`));
    tf.tidy(() => {
      const images = tf.ones<tf.Rank.R4>([2, 8, 8, 3]);
      expectClose(loaded.forward(images).logits, network.forward(images).logits.arraySync());
    });
    expect(readExperts(loaded.model).head).toBe('nce');
    expect(readExperts(loaded.model).levels.map(({ trainable }) => trainable)).toEqual([false, true]);
    network.dispose();
    loaded.dispose();
  });

  it('has the layout of the figure: trunk, three levels of four experts, a head per class', () => {
    const before = tf.memory().numTensors;
    const network = asNetwork(
      hmePaper({ imageShape: [16, 16, 3], classes: 5, widths: [4, 2, 2, 2], blocks: 1 }),
      'hme',
    );
    const { levels, head } = readExperts(network.model);
    expect(levels.map(({ name, theta }) => [name, theta.shape])).toEqual([
      ['attention3', [4, 4]],
      ['attention4', [4, 4]],
      ['attention_classes', [5, 4]],
    ]);
    expect(head).toBe('binary');
    expect(network.tapShape('trunk_block1_relu')).toEqual([16, 16, 4]);
    expect(network.tapShape('level2_expert4_block1_relu')).toEqual([8, 8, 2]);
    expect(network.tapShape('level4_expert1_block1_relu')).toEqual([2, 2, 2]);
    expect(network.classes).toBe(5);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('pools to larger maps as PyTorch does', () => {
    tf.tidy(() => {
      const pool = new AdaptiveAveragePooling({ size: 7 });
      expectClose(pool.apply(tensor(g14.adaptive_pool.x)) as tf.Tensor, g14.adaptive_pool.y);
    });
  });
});

it.each([
  ['one_logit', g14.params.K10_one_logit.total_used],
  ['binary', g14.params.K10_two_logits.total_used],
] as const)('the released layout has the released number of parameters with heads %s', (head, expected) => {
  const model = hmeReleased({ imageShape: [32, 32, 3], classes: 10, head });
  const network = createNetwork(model);
  expect(network.parameters).toBe(expected);
  expect(readExperts(model).levels.map(({ theta }) => theta.shape)).toEqual([
    [4, 2],
    [8, 4],
    [10, 8],
  ]);
  expect(network.tapShape('level3_expert8_pool')).toEqual([4, 4, 32]);
  expect(network.tapShape('flat1')).toEqual([g14.head_input]);
  network.dispose();
  expect(() =>
    readExperts(tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [2] })] })),
  ).toThrow(/hmePaper or hmeReleased/);
});

import { describeOnEngines } from '@distilljs/core/testing';
import { kdExplainer } from '@distilljs/vam';
import type { HeadKind, KdExplainerOptions } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { fixtureExperts } from './fixture-experts.js';
import { expectClose, expectScalar, golden, tensor } from './golden.js';
import type { Nested } from './golden.js';

const { G5_kd_multiclass: g5, G6_kd_binary: g6, G7_label_smoothing: g7 } = golden;

interface Batch {
  readonly labels: readonly number[];
  readonly teacher?: Nested;
}

/** What `kdExplainer` minimizes, for scores given: the sum of its weighted terms. The entropy terms have weight 0. */
async function objectiveOf(
  head: HeadKind,
  options: Partial<KdExplainerOptions>,
  { labels, teacher = [[0]] }: Batch,
): Promise<{ readonly loss: (scores: tf.Tensor) => tf.Scalar; readonly dispose: () => void }> {
  const network = fixtureExperts(head);
  const plan = await kdExplainer({ retrainShare: 0, ...options }).plan({
    students: [network],
    epochs: 1,
  } as never);
  const update = plan.phases[0]?.updates[0];
  return {
    loss: (scores) => {
      const step = {
        oneHot: tf.cast(tf.oneHot(tf.tensor1d([...labels], 'int32'), scores.shape[1] ?? 0), 'float32'),
        student: { logits: scores },
        teacher: { logits: tensor<Tensor2D>(teacher) },
      };
      const terms = Object.values(update?.terms(step as never) ?? {});
      return tf.addN<tf.Scalar>(terms.map(({ value, weight }) => tf.mul(value, weight)));
    },
    dispose: () => {
      network.dispose();
    },
  };
}

const margins = (pairs: tf.Tensor): Tensor2D => {
  const [yes, no] = tf.unstack(pairs, 2) as [Tensor2D, Tensor2D];
  return tf.sub(yes, no);
};
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

await describeOnEngines('the objective of kdexplainer', () => {
  it('distils subtasks, over their sum or their mean', async () => {
    for (const { T, w_cls, over_subtasks, total: expected, grad_two_logits } of g6.cases) {
      const options = {
        ceWeight: w_cls,
        kdWeight: 1 - w_cls,
        temperature: T,
        reduction: over_subtasks as 'sum' | 'mean',
      };
      const { loss, dispose } = await objectiveOf('binary', options, g6);
      tf.tidy(() => {
        const pairs = tensor(g6.two_logits);
        expectScalar(loss(margins(pairs)), expected, over_subtasks);
        expectClose(tf.grad((at: tf.Tensor) => loss(margins(at)))(pairs), grad_two_logits);
      });
      dispose();
    }
  });

  it('takes labels alone with weight 1, whatever ceWeight is', async () => {
    const [first] = g6.cases;
    const expected = total(first?.bce_per_task ?? []);
    for (const [reduction, share] of [
      ['sum', 1],
      ['mean', 1 / 3],
    ] as const) {
      const { loss, dispose } = await objectiveOf('binary', { training: 'plain', reduction }, g6);
      tf.tidy(() => {
        expectScalar(loss(margins(tensor(g6.two_logits))), share * expected, reduction);
      });
      dispose();
    }
    const [unsmoothed] = g7.cases;
    const { loss, dispose } = await objectiveOf('nce', { training: 'plain' }, g7);
    tf.tidy(() => {
      expectScalar(loss(tensor(g7.student)), unsmoothed?.loss ?? NaN);
    });
    dispose();
  });

  it('smooths both answers of a subtask by ε / 2', async () => {
    const { eps, sum, two_logits, pos_targets } = g7.binary;
    for (const [reduction, share] of [
      ['sum', 1],
      ['mean', 1 / 4],
    ] as const) {
      const options = { training: 'label-smoothing', smoothing: eps, reduction } as const;
      const { loss, dispose } = await objectiveOf('binary', options, g7);
      tf.tidy(() => {
        const scores = margins(tensor(two_logits));
        expectScalar(loss(scores), share * sum, reduction);
        // ∂L/∂m = (σ(m) − target) / n
        const wanted = tf.mul(tf.sub(tf.sigmoid(scores), tensor(pos_targets)), share / 3);
        expectClose(tf.grad(loss)(scores), wanted.arraySync());
      });
      dispose();
    }
  });

  it('smooths the labels of one task among all classes', async () => {
    for (const { eps, loss: expected, grad } of g7.cases) {
      const options = { training: 'label-smoothing', smoothing: eps } as const;
      const { loss, dispose } = await objectiveOf('one_logit', options, g7);
      tf.tidy(() => {
        expectScalar(loss(tensor(g7.student)), expected, `ε ${eps}`);
        expectClose(tf.grad(loss)(tensor(g7.student)), grad, `ε ${eps}`);
      });
      dispose();
    }
  });

  it('distils one task among all classes', async () => {
    for (const { T, w_cls, w_kd, total: expected, grad_student } of g5.cases) {
      // Weights that do not add up to 1 are the fixture's alone.
      if (w_cls + w_kd !== 1) continue;
      const { loss, dispose } = await objectiveOf(
        'nce',
        { ceWeight: w_cls, kdWeight: 1 - w_cls, temperature: T },
        g5,
      );
      tf.tidy(() => {
        expectScalar(loss(tensor(g5.student)), expected);
        expectClose(tf.grad(loss)(tensor(g5.student)), grad_student);
      });
      dispose();
    }
    expect(g5.cases.some(({ w_cls, w_kd }) => w_cls + w_kd === 1)).toBe(true);
  });
});

import * as tf from '@tensorflow/tfjs-core';
import {
  attentionTransfer,
  createRandom,
  decoupledKd,
  distRelations,
  hint,
  hintonKd,
  probabilisticTransfer,
  relationalAngle,
  relationalDistance,
  similarityPreserving,
} from '@distilljs/core';
import type { Embedding, FeatureMap, Logits, Probabilities, Scalar } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import reference from '../fixtures/torch-baselines.json' with { type: 'json' };
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';

interface Case {
  readonly name: string;
  readonly weighted: boolean;
  readonly terms: Readonly<
    Record<string, { readonly loss: number; readonly gradients: Readonly<Record<string, readonly number[]>> }>
  >;
}
/** Tensors by name: `student`, `teacher`, and what else learns. */
type Given = Readonly<Record<string, tf.Tensor>>;
type Loss = (given: Given, weights?: tf.Tensor1D) => Readonly<Record<string, Scalar>>;

const { temperature, labels } = reference;
const oneHot = (): Probabilities =>
  tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 4), 'float32') as Probabilities;
const logits = ({ teacher, student }: Given): [Logits, Logits] => [teacher as Logits, student as Logits];
const rows = ({ teacher, student }: Given): [Embedding, Embedding] => [
  teacher as Embedding,
  student as Embedding,
];
const maps = ({ teacher, student }: Given): [FeatureMap, FeatureMap] => [
  teacher as FeatureMap,
  student as FeatureMap,
];

const LOSSES: Readonly<Record<string, Loss>> = {
  dkd: (given, weights) => ({ ...decoupledKd(...logits(given), oneHot(), temperature, weights) }),
  dist: (given) => ({ ...distRelations(...logits(given), temperature) }),
  sp: (given) => ({ sp: similarityPreserving(...maps(given)) }),
  pkt: (given) => ({ pkt: probabilisticTransfer(...rows(given)) }),
  rkd: (given) => ({
    distance: relationalDistance(...rows(given)),
    angle: relationalAngle(...rows(given)),
  }),
  at: (given, weights) => ({ at: attentionTransfer(...maps(given), weights) }),
  fitnet: (given, weights) => ({
    hint: hint(
      ...maps(given),
      given as unknown as { kernel: tf.Tensor4D; gamma: tf.Tensor1D; beta: tf.Tensor1D },
      weights,
    ),
  }),
};

const tensors = (values: object): Given =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tf.tensor(value as number[])]));

function inputsOf(name: string): Given {
  if (name === 'dkd' || name === 'dist') return tensors(reference.logits);
  if (name === 'pkt' || name === 'rkd') return tensors(reference.embedding);
  return tensors({ ...reference.maps, ...(name === 'fitnet' ? reference.projector : {}) });
}

const lossOf = (name: string, term: string, given: Given, weights?: tf.Tensor1D): Scalar =>
  LOSSES[name]?.(given, weights)[term] as Scalar;

/** Value and gradients of one term by everything but the teacher. */
function differentiated(name: string, term: string, weights?: tf.Tensor1D): { value: Scalar; grads: Given } {
  const given = inputsOf(name);
  const learned = Object.keys(given).filter((key) => key !== 'teacher');
  const found = tf.valueAndGrads((...values: tf.Tensor[]) =>
    lossOf(
      name,
      term,
      { ...given, ...Object.fromEntries(learned.map((key, at) => [key, values[at] as tf.Tensor])) },
      weights,
    ),
  )(learned.map((key) => given[key] as tf.Tensor));
  return {
    value: found.value,
    grads: Object.fromEntries(learned.map((key, at) => [key, found.grads[at] as tf.Tensor])),
  };
}

const CASES: readonly Case[] = reference.cases;
const TERMS = CASES.flatMap(({ name, weighted, terms }) =>
  Object.entries(terms).map(([term, expected]) => ({ name, term, weighted, expected })),
);
const titled = TERMS.map(
  (entry) => [`${entry.name}, ${entry.term}${entry.weighted ? ', weighted' : ''}`, entry] as const,
);
const unweighted = titled.filter(([, { weighted }]) => !weighted);

describeOn(await testEngines(), 'baselines equal those of PyTorch', () => {
  it.each(titled)('%s', (_, { name, term, weighted, expected }) => {
    tf.tidy(() => {
      const weights = weighted ? tf.tensor1d(reference.weights) : undefined;
      const { value, grads } = differentiated(name, term, weights);
      expect(value.shape).toEqual([]);
      expectClose(value, [expected.loss], 1e-5 * Math.max(1, expected.loss), 'loss');
      for (const [key, gradient] of Object.entries(expected.gradients)) {
        const largest = Math.max(...gradient.map(Math.abs));
        expect(largest).toBeGreaterThan(0);
        expectClose(grads[key] as tf.Tensor, gradient, Math.min(1e-5, 1e-3 * largest), `gradient of ${key}`);
      }
    });
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'baselines', () => {
  it.each(unweighted)('%s: the gradient is that of finite differences', (_, { name, term }) => {
    tf.tidy(() => {
      const given = inputsOf(name);
      const { grads } = differentiated(name, term);
      const [values, gradient] = [given['student'], grads['student']].map((tensor) =>
        Array.from(tensor?.dataSync() ?? []),
      ) as [number[], number[]];
      const step = 3e-3;
      const moved = (at: number, by: number): number => {
        const student = tf.tensor(
          values.map((value, index) => value + (index === at ? by : 0)),
          given['student']?.shape,
        );
        return lossOf(name, term, { ...given, student }).dataSync()[0] ?? NaN;
      };
      // Every seventh value: maps have many, and at a kink of ReLU there is no derivative.
      const places = values.map((_value, at) => at).filter((at) => at % 7 === 0 && values[at] !== 0);
      const differences = places.map((at) => (moved(at, step) - moved(at, -step)) / (2 * step));
      const largest = Math.max(...gradient.map(Math.abs));
      expectClose(
        places.map((at) => gradient[at] ?? NaN),
        differences,
        0.02 * largest + 1e-4,
      );
    });
  });

  it.each(unweighted)('%s: no gradient reaches the teacher', (_, { name, term }) => {
    tf.tidy(() => {
      const given = inputsOf(name);
      const byTeacher = tf.grad((teacher) => lossOf(name, term, { ...given, teacher }));
      expect(() => byTeacher(given['teacher'] as tf.Tensor)).toThrow(/Cannot compute gradient/);
    });
  });

  it.each(unweighted.filter(([, { name }]) => name !== 'fitnet'))(
    '%s: 0, without a gradient, where the student equals the teacher',
    (_, { name, term }) => {
      tf.tidy(() => {
        const { teacher } = inputsOf(name);
        const same = (student: tf.Tensor): Scalar =>
          lossOf(name, term, { teacher: teacher as tf.Tensor, student });
        const { value, grad } = tf.valueAndGrad(same)(teacher as tf.Tensor);
        expectClose(value, [0], 1e-5);
        expectClose(grad, new Float32Array(grad.size), 1e-5);
      });
    },
  );

  it.each(unweighted)('%s: dead features give a finite loss and gradient', (_, { name, term }) => {
    tf.tidy(() => {
      const given = inputsOf(name);
      const zeros = tf.zerosLike(given['student'] as tf.Tensor);
      const { value, grad } = tf.valueAndGrad((student: tf.Tensor) =>
        lossOf(name, term, { ...given, student }),
      )(zeros);
      expect(Number.isFinite(value.dataSync()[0])).toBe(true);
      for (const slope of grad.dataSync()) expect(Math.abs(slope)).toBeLessThan(100);
    });
  });

  it('DKD: target + (1 − p_y) others is the KD of each image', () => {
    tf.tidy(() => {
      const [teacher, student] = logits(tensors(reference.logits));
      const soft = tf.softmax(tf.div<Logits>(teacher, temperature)).arraySync();
      const images = labels.map((label, image) => {
        const only = tf.tensor1d(labels.map((__, at) => (at === image ? labels.length : 0)));
        const { target, others } = decoupledKd(teacher, student, oneHot(), temperature, only);
        const rest = 1 - (soft[image]?.[label] ?? NaN);
        return [
          target.arraySync() + rest * others.arraySync(),
          hintonKd(teacher, student, temperature, only).arraySync(),
        ] as const;
      });
      expectClose(
        images.map(([decoupled]) => decoupled),
        images.map(([, whole]) => whole),
        1e-5,
      );
    });
  });

  it('DKD: logits of thousands stay finite', () => {
    tf.tidy(() => {
      const [teacher, student] = logits(tensors(reference.logits)).map((each) => tf.mul<Logits>(each, 3000));
      const { target, others } = decoupledKd(teacher as Logits, student as Logits, oneHot(), temperature);
      for (const part of [target, others]) expect(Number.isFinite(part.dataSync()[0])).toBe(true);
    });
  });

  it('DIST: shift and scale of a row of probabilities do not matter', () => {
    tf.tidy(() => {
      // Both rows lie on the line of the teacher's about their mean, so that inter is 0 and KD is not.
      const teacher = tf.log<Logits>(
        tf.tensor2d([
          [0.5, 0.3, 0.2],
          [0.1, 0.2, 0.7],
        ]),
      );
      const student = tf.log<Logits>(
        tf.tensor2d([
          [0.5, 0.3, 0.2].map((p) => 1 / 3 + (p - 1 / 3) / 2),
          [0.1, 0.2, 0.7].map((p) => 1 / 3 + (p - 1 / 3) / 3),
        ]),
      );
      expect(Math.abs(distRelations(teacher, student, 1).inter.arraySync())).toBeLessThan(1e-5);
      expect(hintonKd(teacher, student, 1).arraySync()).toBeGreaterThan(0.02);
    });
  });

  it('RKD: a student that is turned, scaled and moved is the teacher', () => {
    tf.tidy(() => {
      const teacher = tf.tensor2d(
        Array.from({ length: 12 }, () => createRandom(3).normal()).map((value, at) => value + Math.sin(at)),
        [6, 2],
      );
      const turn = tf.tensor2d([
        [0.6, 0.8],
        [-0.8, 0.6],
      ]);
      const student = tf.add<Embedding>(tf.mul(tf.matMul(teacher, turn), 7), 3);
      expectClose(relationalDistance(teacher, student), [0], 1e-6);
      expectClose(relationalAngle(teacher, student), [0], 1e-6);
    });
  });

  it('SP and PKT: images in another order give the same loss', () => {
    tf.tidy(() => {
      const order = tf.tensor1d([3, 1, 4, 0, 2], 'int32');
      const [teacher, student] = rows(tensors(reference.embedding));
      const [otherTeacher, otherStudent] = [tf.gather(teacher, order), tf.gather(student, order)];
      for (const loss of [similarityPreserving, probabilisticTransfer])
        expectClose(loss(otherTeacher, otherStudent), loss(teacher, student), 1e-6);
    });
  });

  it('AT: neither channels nor the scale of a map matter', () => {
    tf.tidy(() => {
      const [teacher] = maps(tensors(reference.maps));
      const wider = tf.mul<FeatureMap>(tf.concat([teacher, teacher], 3), 5);
      expectClose(attentionTransfer(teacher, wider), [0], 1e-6);
    });
  });

  it('networks of unlike numbers of classes are refused by DKD and DIST', async () => {
    for (const loss of [
      () => decoupledKd(tf.zeros([3, 5]), tf.zeros([3, 4]), tf.zeros([3, 4]), 1).target,
      () => distRelations(tf.zeros([3, 5]), tf.zeros([3, 4]), 1).inter,
    ]) {
      const error = await caught(loss);
      expect(error.code).toBe('shape');
      expect(error.message).toContain('got [3, 5] and [3, 4]');
    }
  });
});

import {
  createNetwork,
  distill,
  kd,
  labelSmoothing,
  resolveEngine,
  sgd,
  student as studentAlone,
} from '@distilljs/core';
import type { Method, Network, Plan, PlanContext } from '@distilljs/core';
import { describeMethod, testEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { meanEntropy, vam, vamLayers, withVam } from '@distilljs/vam';
import type { WithVamOptions } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const engines = await testEngines();

const attending =
  (given: Partial<WithVamOptions> = {}) =>
  (seed: number): Network => {
    const plain = tinyNetwork(seed);
    const model = withVam(plain.model, { blockSize: 2, seed, ...given });
    plain.dispose();
    return createNetwork(model, { taps: { embedding: 'pool' } });
  };

describeMethod('vam', {
  engines,
  method: () => vam(),
  needsTeacher: true,
  student: attending(),
  refused: [
    { make: () => vam({ gamma: -1 }), message: /vam\.gamma: expected a number of at least 0, got -1/ },
    { make: () => vam({ gama: 1 } as object), message: /Did you mean 'gamma'\?/ },
    { make: () => vam({ with: 'kd' as never }), message: /vam\.with: expected a method, got "kd"/ },
    {
      make: () => vam({ with: kd(), kdWeight: 0.5 }),
      message: /vam\.kdWeight: expected to be left out beside `with`.*Set it in the technique 'kd'/,
    },
  ],
});

describeMethod('vam as variant B, without a teacher', {
  engines: engines.slice(0, 1),
  method: () => vam({ ceWeight: 1, kdWeight: 0 }),
  needsTeacher: false,
  student: attending({ grouped: true }),
  refused: [{ make: () => vam({ kdWeight: -2 }), message: /vam\.kdWeight: expected a number of at least 0/ }],
});

describeMethod('vam with two students of another method', {
  engines: engines.slice(0, 1),
  method: () => vam({ with: twoStudents }),
  needsTeacher: false,
  students: 2,
  student: attending(),
  refused: [
    { make: () => vam({ temperature: 0 }), message: /vam\.temperature: expected a number from 0.01 to 1000/ },
  ],
});

/** Trains two students at once, the first by two updates. */
const twoStudents: Method = {
  spec: 'v1',
  name: 'two-students',
  options: { rate: 1 },
  async plan(context: PlanContext): Promise<Plan> {
    const plan = await labelSmoothing().plan(context);
    const [phase] = plan.phases;
    const [update] = phase?.updates ?? [];
    if (phase === undefined || update === undefined) throw new Error('no update');
    const second = context.students[1]?.variables ?? {};
    const terms =
      (index: number): typeof update.terms =>
      (step) => ({
        l2: { value: tf.mean<tf.Scalar>(tf.square(step.students[index]?.logits ?? 0)), weight: 1 },
      });
    return {
      ...plan,
      phases: [
        {
          ...phase,
          reads: { students: [[], []] },
          updates: [
            update,
            { ...update, name: 'again', terms: terms(0) },
            { ...update, name: 'second', variables: second, terms: terms(1) },
          ],
        },
      ],
    };
  },
};

const prefixed = (variables: Network['variables']): Network['variables'] =>
  Object.fromEntries(Object.entries(variables).map(([name, variable]) => [`second/${name}`, variable]));

async function planOf(method: Method, network = attending()(1)): Promise<{ plan: Plan; network: Network }> {
  await resolveEngine('cpu');
  const context = {
    students: [network],
    epochs: 1,
    batchSize: 4,
    optimizer: sgd(),
    teacher: network,
  };
  return { plan: await method.plan(context as unknown as PlanContext), network };
}

it('has the defaults that its documentation names, and shows another technique as plain data', () => {
  expect(vam({ with: kd(), kdWeight: undefined } as object).options.with?.name).toBe('kd');
  expect(vam().options).toEqual({ gamma: 0.01, ceWeight: 0.1, kdWeight: 0.9, temperature: 4, with: null });
  const { options } = vam({ with: kd({ ceWeight: 0.5 }) });
  expect(JSON.parse(JSON.stringify(options))).toEqual(options);
  expect(options.with).toEqual({
    name: 'kd',
    options: { ceWeight: 0.5, kdWeight: 0.9, temperature: 4, standardize: false },
  });
});

it('asks for a student with attention', async () => {
  await resolveEngine('cpu');
  const network = tinyNetwork(1);
  await expect(planOf(vam(), network)).rejects.toThrow(/createNetwork\(withVam\(model\)\)/);
  network.dispose();
});

it('adds the entropy term once per student, whatever updates another technique makes', async () => {
  await resolveEngine('cpu');
  const result = await distill({
    students: [attending()(1), attending()(2)],
    method: vam({ with: twoStudents, gamma: 0.5 }),
    train: tinyDataset(12, 1),
    epochs: 1,
    batchSize: 12,
    seed: 1,
  });
  const terms = result.history[0]?.terms ?? {};
  expect(Object.keys(terms)).toEqual([
    'student/ce',
    'student/attentionEntropy',
    'again/l2',
    'second/l2',
    'second/attentionEntropy',
  ]);
  expect(terms['student/attentionEntropy']?.weight).toBe(0.5);
  result.dispose();
  for (const student of result.students) student.dispose();
});

it('gives every student γ where one update trains them all', async () => {
  const both: Method = {
    ...twoStudents,
    async plan(context) {
      const plan = await twoStudents.plan(context);
      return {
        ...plan,
        phases: plan.phases.map((phase) => ({
          ...phase,
          updates: phase.updates.slice(0, 1).map((update) => ({
            ...update,
            variables: { ...update.variables, ...prefixed(context.students[1]?.variables ?? {}) },
          })),
        })),
      };
    },
  };
  await resolveEngine('cpu');
  const students = [attending()(1), attending()(2)];
  const result = await distill({
    students,
    method: vam({ with: both, gamma: 0.5 }),
    train: tinyDataset(12, 1),
    epochs: 1,
    batchSize: 12,
    seed: 1,
  });
  const entropy = result.history[0]?.terms['attentionEntropy'];
  expect(entropy?.weight).toBe(1);
  expect(entropy?.value).toBeLessThanOrEqual(Math.log(4));
  result.dispose();
  for (const student of students) student.dispose();
});

it('is repeated step by step only if the other technique may be', () => {
  expect(vam().repeatable).toBe(true);
  expect(vam({ with: kd() }).repeatable).toBe(true);
  expect(vam({ with: twoStudents }).repeatable).toBeUndefined();
});

it('computes its cost: parameters of attention, and masking per image', async () => {
  const { plan, network } = await planOf(vam());
  // stage1 4→4: 2×2 + 1; stage2 4→8: 4×2 + 1. Kernels 9·16 and 9·32, and masks of them from 2×2 and 4×2: once per batch of 4.
  expect(plan.cost).toEqual({
    trainParameters: 5 + 9,
    trainMacs: (9 * 16 + (4 * 2 * 2 + 4 * 2 * 4) + 9 * 32 + (4 * 2 * 4 + 4 * 4 * 8)) / 4,
    inferenceParameters: 0,
    inferenceMacs: 0,
  });
  plan.dispose();
  network.dispose();
});

it('keeps weight decay off Θ and ρ, and the temperature at or above 0.05', async () => {
  const { plan, network } = await planOf(vam({ with: studentAlone() }));
  const update = plan.phases[0]?.updates[0];
  const optimizer = update?.optimizer.create(update.variables);
  const [placed] = vamLayers(network.model);
  const layer = placed?.layer;
  if (optimizer === undefined || layer === undefined) throw new Error('nothing to move');
  const kernel = network.variables[`${placed?.path ?? ''}/kernel`] as tf.Variable;
  layer.rho.assign(tf.tensor1d([-10]));
  const before = [layer.theta.arraySync(), kernel.dataSync().slice()];
  optimizer.apply({}, { epoch: 0, epochs: 1 });
  expect(layer.theta.arraySync()).toEqual(before[0]);
  expect(kernel.dataSync()).not.toEqual(before[1]);
  expect(layer.rho.dataSync()[0]).toBeCloseTo(Math.log(0.05), 6);
  optimizer.dispose();
  plan.dispose();
  network.dispose();
});

it('leaves a plain student, and the weights of any epoch fold', async () => {
  await resolveEngine('cpu');
  const student = attending()(1);
  const data = tinyDataset(24, 1);
  const run = {
    students: [student],
    method: vam({ ceWeight: 1, kdWeight: 0, gamma: 0.1 }),
    train: data,
    validation: data,
  };
  const result = await distill({ ...run, epochs: 3, batchSize: 12, seed: 1 });
  const image = tf.ones<tf.Rank.R4>([1, 6, 6, 2]);
  const answer = (): Float32Array =>
    tf.tidy(() => student.forward(image).logits.dataSync() as Float32Array).slice();
  const last = answer();
  expect(student.model.layers.map((layer) => layer.getClassName())).not.toContain('VamConv2D');
  result.restoreBest();
  result.restoreLast();
  expect(answer()).toEqual(last);
  image.dispose();
  result.dispose();
  student.dispose();
});

it('shows the attention of its layers', async () => {
  const { plan, network } = await planOf(vam());
  tf.tidy(() => {
    const found = plan.phases[0]?.inspect?.({} as never) ?? {};
    expect(Object.entries(found).map(([name, { values, panels }]) => [name, values.shape, panels])).toEqual([
      ['attention-2×2', [1, 2, 2], ['stage1_conv']],
      ['attention-4×2', [1, 4, 2], ['stage2_conv']],
    ]);
  });
  plan.dispose();
  network.dispose();
});

it('refuses methods of another contract, and terms of the same name', async () => {
  expect(() => vam({ with: { ...kd(), spec: 'v9' as 'v1' } })).toThrow(
    /vam\.with: expected a method of contract v1/,
  );
  await resolveEngine('cpu');
  const student = attending()(1);
  const run = { students: [student], train: tinyDataset(12, 1), epochs: 1, batchSize: 12, seed: 1 };
  const inner = { ...vam({ ceWeight: 1, kdWeight: 0 }), name: 'another' };
  await expect(distill({ ...run, method: vam({ with: inner }) })).rejects.toThrow(
    /vam\.with, method 'another': expected terms other than 'attentionEntropy'/,
  );
  expect(() => meanEntropy([])).toThrow(/meanEntropy: expected a student with attention, got no layers/);
  student.dispose();
});

import { adam, createNetwork, createRandom, distill, resolveEngine, seedWeights } from '@distilljs/core';
import type { Network, NamedTensors } from '@distilljs/core';
import { describeMethod, testEngines, tinyDataset } from '@distilljs/core/testing';
import {
  hmePaper,
  kdExplainer,
  kdExplainerDefaults,
  readExperts,
  retrainRate,
  searchRate,
} from '@distilljs/vam';
import type { HeadKind, KdExplainerOptions } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectClose, golden } from './golden.js';

/** Without core's word on moving statistics, which do not settle in so few steps. */
const ofTechnique = (warnings: readonly string[]): readonly string[] =>
  warnings.filter((warning) => !warning.includes('moving statistics'));

const { G12_schedules: g12, G12_adam_coupled_wd: g12Adam } = golden;
const engines = await testEngines();

const experts =
  (head: HeadKind) =>
  (seed: number): Network => {
    const model = hmePaper({
      imageShape: [6, 6, 2],
      classes: 3,
      experts: 2,
      widths: [4, 3, 3],
      blocks: 1,
      head,
    });
    seedWeights(model, createRandom(seed));
    return createNetwork(model);
  };

describeMethod('kdexplainer', {
  engines,
  method: () => kdExplainer(),
  needsTeacher: true,
  student: experts('binary'),
  refused: [
    {
      make: () => kdExplainer({ gamma: -1 }),
      message: /kdexplainer\.gamma: expected a number of at least 0, got -1/,
    },
    {
      make: () => kdExplainer({ ceWeight: 0, kdWeight: 0 }),
      message: /kdexplainer: expected ceWeight or kdWeight above 0, got both 0/,
    },
    {
      make: () => kdExplainer({ training: 'ls' } as object),
      message: /expected one of "kd", "plain", "label-smoothing"/,
    },
    {
      make: () => kdExplainer({ attentionTemperature: 0 }),
      message: /expected one of "annealed", or a number above 0/,
    },
    { make: () => kdExplainer({ trainign: 'kd' } as object), message: /Did you mean 'training'\?/ },
  ],
});

describeMethod('kdexplainer with smoothed labels and one output per class, searching only', {
  engines: engines.slice(0, 1),
  method: () =>
    kdExplainer({ training: 'label-smoothing', gamma: 0.1, attentionTemperature: 1, retrainShare: 0 }),
  needsTeacher: false,
  student: experts('one_logit'),
  refused: [
    {
      make: () => kdExplainer({ smoothing: 1 }),
      message: /kdexplainer\.smoothing: expected a number from 0/,
    },
  ],
});

describe('the phases of kdexplainer', () => {
  it('anneal attention, then train a hard tree from new weights with the same Θ', async () => {
    await resolveEngine('cpu');
    const student = experts('binary')(1);
    const seen: { phase: string; temperature: number; theta: NamedTensors | number[][] }[] = [];
    const [level] = readExperts(student.model).levels;
    const result = await distill({
      students: [student],
      method: kdExplainer({ training: 'plain' }),
      train: tinyDataset(12, 1),
      epochs: 4,
      batchSize: 12,
      seed: 1,
      callbacks: [
        {
          name: 'look',
          epoch: ({ phase }) => {
            const temperature = level?.temperature.dataSync()[0] ?? NaN;
            seen.push({ phase, temperature, theta: level?.theta.arraySync() ?? [] });
          },
        },
      ],
    });
    expect(seen.map(({ phase, temperature }) => [phase, temperature])).toEqual([
      ['search', 5],
      ['search', 2.5],
      ['retrain', 0],
      ['retrain', 0],
    ]);
    expect(seen[3]?.theta).toEqual(seen[1]?.theta);
    const names = Object.keys(result.history[0]?.terms ?? {});
    expect(names).toEqual(['ce', 'attentionEntropy', 'entropy attention3', 'entropy attention_classes']);
    result.dispose();
    student.dispose();
  });

  it('reinitialize experts and heads for the tree, and keep Θ, temperatures and moving statistics', async () => {
    await resolveEngine('cpu');
    const student = experts('binary')(1);
    const random = createRandom(1);
    const plan = await kdExplainer().plan({ students: [student], epochs: 4, random } as never);
    const isKept = (name: string): boolean => name.endsWith('/theta') || name in student.statistics;
    const all = Object.entries({ ...student.variables, ...student.statistics });
    tf.tidy(() => {
      for (const [, variable] of all) variable.assign(tf.fill(variable.shape, 0.5));
    });
    plan.phases[1]?.start?.();
    for (const [name, variable] of all) {
      const isHalf = [...variable.dataSync()].every((value) => value === 0.5);
      expect(isHalf, name).toBe(isKept(name));
    }
    expect(all.filter(([name]) => isKept(name)).length).toBeGreaterThan(4);
    plan.dispose();
    student.dispose();
  });

  it('search with Θ at rest for two epochs, then moving, while all else moves from the first', async () => {
    await resolveEngine('cpu');
    const student = experts('binary')(1);
    const { levels } = readExperts(student.model);
    const look = (): Float32Array[][] => [
      levels.map(({ theta }) => theta.dataSync().slice() as Float32Array),
      [student.variables['head0/kernel']?.dataSync().slice() as Float32Array],
    ];
    const seen = [look()];
    const result = await distill({
      students: [student],
      method: kdExplainer({ training: 'plain', retrainShare: 0 }),
      train: tinyDataset(12, 1),
      epochs: 4,
      batchSize: 12,
      seed: 1,
      callbacks: [{ name: 'look', epoch: () => void seen.push(look()) }],
    });
    const moved = seen.slice(1).map((now, epoch) =>
      now.map((group, at) => {
        const before = seen[epoch]?.[at] ?? [];
        return group.map((values, of) => values.some((value, i) => value !== before[of]?.[i]));
      }),
    );
    expect(moved).toEqual([
      [[false, false], [true]],
      [[false, false], [true]],
      [[true, true], [true]],
      [[true, true], [true]],
    ]);
    expect(ofTechnique(result.warnings)).toEqual([]);
    result.dispose();
    student.dispose();
  });

  it.each<[Partial<KdExplainerOptions>, number, readonly RegExp[]]>([
    [{}, 4, [/The search has 2 of the epochs.*Θ stays as it was drawn.*lower kdExplainer's retrainShare/]],
    [{ retrainShare: 0 }, 2, [/Train for more epochs, or choose optimizer 'run'/]],
    [{ retrainShare: 0 }, 3, []],
    [{ optimizer: 'run' }, 2, []],
    [{ attentionLearningRate: 0 }, 2, []],
  ])('say when Θ never moves: %o, %i epochs', async (options, epochs, expected) => {
    await resolveEngine('cpu');
    const student = experts('binary')(1);
    const result = await distill({
      students: [student],
      method: kdExplainer({ training: 'plain', ...options }),
      train: tinyDataset(12, 1),
      epochs,
      batchSize: 12,
      seed: 1,
    });
    const warnings = ofTechnique(result.warnings);
    expect(warnings.length).toBe(expected.length);
    expected.forEach((message, at) => {
      expect(warnings[at]).toMatch(message);
    });
    result.dispose();
    student.dispose();
  });

  it('leave the tree out where no share of the epochs is for it', async () => {
    await resolveEngine('cpu');
    const student = experts('binary')(1);
    const phasesOf = async (epochs: number, retrainShare: number): Promise<unknown> => {
      const random = createRandom(1);
      const plan = await kdExplainer({ retrainShare }).plan({ students: [student], epochs, random } as never);
      return plan.phases.map(({ name, epochs: own }) => [name, own]);
    };
    expect(await phasesOf(10, 0)).toEqual([['search', 10]]);
    expect(await phasesOf(1, 0.5)).toEqual([['search', 1]]);
    expect(await phasesOf(10, 0.3)).toEqual([
      ['search', 7],
      ['retrain', 3],
    ]);
    student.dispose();
  });
});

it('trains experts with frozen attention, and refuses a tree that nothing would train', async () => {
  await resolveEngine('cpu');
  const options = { train: tinyDataset(12, 1), epochs: 2, batchSize: 6, seed: 1 } as const;
  const run = async (isFrozen: (name: string) => boolean): Promise<void> => {
    const model = experts('binary')(1).model;
    for (const layer of model.layers) if (isFrozen(layer.name)) layer.trainable = false;
    try {
      const method = kdExplainer({ training: 'plain' });
      (await distill({ ...options, students: [model], method })).dispose();
    } finally {
      model.dispose();
    }
  };
  await run((name) => name.startsWith('attention'));
  await expect(run((name) => !name.startsWith('attention'))).rejects.toThrow(
    "phase 'retrain', update 'tree': expected at least one variable to train, got none",
  );
});

it('needs no weights where it trains on labels alone, which have weight 1', () => {
  expect(kdExplainer({ training: 'plain', ceWeight: 0, kdWeight: 0 }).options.ceWeight).toBe(0);
});

it('has the defaults that its documentation names', () => {
  expect(kdExplainer().options).toEqual(kdExplainerDefaults);
});

it('has the released schedules', () => {
  for (const { epoch, lr_global, lr_branch } of g12.stage1) {
    const at = { epoch: epoch - 0.5, epochs: 300 };
    expect(searchRate(0.05).rate(at)).toBeCloseTo(lr_global, 12);
    expect(searchRate(0.01, false).rate(at)).toBeCloseTo(lr_branch, 12);
  }
  const tree = retrainRate(0.05);
  for (const { epoch, lr } of g12.stage2) {
    expect(tree.rate({ epoch: epoch - 0.5, epochs: 300 })).toBeCloseTo(lr, 12);
  }
  for (let done = 0; done < 300; done++)
    expect(tree.rate({ epoch: done + 0.5, epochs: 300 })).toBe(0.05 / 2 ** Math.floor((done + 1) / 30));
});

it('begins the tree at the base rate, however few its epochs are', () => {
  const halvings = (epochs: number): number[] =>
    Array.from({ length: epochs }, (_, epoch) => Math.log2(1 / retrainRate(1).rate({ epoch, epochs })));
  expect(halvings(1)).toEqual([0]);
  expect(halvings(2)).toEqual([0, 5]);
  expect(halvings(5)).toEqual([0, 2, 4, 6, 8]);
  expect(halvings(10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('steps with a rate of 0 move the moments of Adam, its L2 included', async () => {
  await resolveEngine('cpu');
  const w = tf.tidy(() => tf.variable(tf.tensor1d(g12Adam.w0)));
  const rate = {
    name: 'given',
    options: {},
    rate: ({ epoch }: { epoch: number }) => g12Adam.lrs[epoch] ?? NaN,
  };
  const optimizer = adam({ learningRate: rate, weightDecay: g12Adam.weight_decay }).create({ w });
  g12Adam.grads.forEach((gradient, epoch) => {
    tf.tidy(() => {
      optimizer.apply({ w: tf.tensor1d(gradient) }, { epoch, epochs: 4 });
    });
    expectClose(w, g12Adam.trajectory[epoch] ?? []);
  });
  optimizer.dispose();
  w.dispose();
});

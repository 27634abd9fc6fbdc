import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, distill, freeze, hintonKd, kd, resolveEngine, sgd } from '@distilljs/core';
import type { FrozenNetwork, Method, Network, Phase, Update } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

function counted(network: Network): Network & Counted;
function counted(network: FrozenNetwork): FrozenNetwork & Counted;
function counted(network: Network | FrozenNetwork): object {
  let passes = 0;
  const forward = (...given: unknown[]): unknown => {
    passes += 1;
    return (network.forward as (...all: unknown[]) => unknown)(...given);
  };
  return { ...network, forward, passes: () => passes };
}

interface Counted {
  readonly passes: () => number;
}

/** Two updates of one student, each with a term that reads both networks. */
function twoUpdates(order: Phase['order']): Method {
  return {
    spec: 'v1',
    name: 'two-updates',
    options: {},
    plan: ({ students: [student], epochs }) => {
      const update = (name: string, part: RegExp): Update => ({
        name,
        variables: Object.fromEntries(
          Object.entries(student.variables).filter(([variable]) => part.test(variable)),
        ),
        optimizer: sgd(),
        terms: (step) => ({
          ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
          kd: { value: hintonKd(step.teacher.logits, step.student.logits, 4), weight: 1 },
        }),
      });
      return {
        auxiliary: {},
        cost: { trainParameters: 0, trainMacs: 0, inferenceParameters: 0, inferenceMacs: 0 },
        phases: [
          {
            name: 'train',
            epochs,
            order,
            reads: { students: [[]], teacher: [] },
            updates: [update('body', /^stem|^stage/), update('head', /^logits/)],
          },
        ],
        dispose: () => undefined,
      };
    },
  };
}

const STEPS = 6;
/** Of a student's outputs, before training. */
const LOOK = 1;
async function passesOf(method: Method): Promise<{ student: number; teacher: number }> {
  const student = counted(tinyNetwork(2));
  const teacher = counted(freeze(tinyNetwork(1)));
  const result = await distill({
    teacher,
    students: [student],
    method,
    train: tinyDataset(4 * 3, 1),
    epochs: 2,
    batchSize: 4,
    seed: 1,
  });
  result.dispose();
  return { student: student.passes(), teacher: teacher.passes() };
}

describe('a step runs', () => {
  it('each network once', async () => {
    expect(await passesOf(kd())).toEqual({ student: LOOK + STEPS, teacher: STEPS });
  });

  it('each network once for several updates', async () => {
    expect(await passesOf(twoUpdates('snapshot'))).toEqual({ student: LOOK + STEPS, teacher: STEPS });
  });

  it('each network once per update where the phase is sequential', async () => {
    expect(await passesOf(twoUpdates('sequential'))).toEqual({
      student: LOOK + 2 * STEPS,
      teacher: 2 * STEPS,
    });
  });
});

describe('batch norm statistics', () => {
  it('move once per step, also where the phase is sequential', async () => {
    const oneStep = async (order: Phase['order']): Promise<Network> => {
      const student = tinyNetwork(2);
      const options = {
        teacher: tinyNetwork(1),
        students: [student],
        train: tinyDataset(8, 1),
        epochs: 1,
        batchSize: 8,
        seed: 1,
      };
      (await distill({ ...options, method: twoUpdates(order) })).dispose();
      return student;
    };
    const [snapshot, sequential] = [await oneStep('snapshot'), await oneStep('sequential')];
    for (const [name, statistic] of Object.entries(snapshot.statistics)) {
      expectClose(sequential.statistics[name] as tf.Variable, statistic, 1e-6, name);
    }
  });
});

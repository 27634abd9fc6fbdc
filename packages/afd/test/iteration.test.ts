import { sgd } from '@distilljs/core';
import type { EpochReport, Method } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { afd, afdOffline, teacherOf } from '../src/index.js';
import { goldenDataset, goldenNetwork, prepared, runIterations } from './golden-run.js';
import type { Weights } from './golden-run.js';
import { cases, discriminatorEntries, networkEntries, numberedEntries, transferEntries } from './golden.js';
import type { Packed, PackedDiscriminator, PackedNetwork, PackedTransfer } from './golden.js';
import { extractorEntries, HYPER, iterate } from './iterate.js';

interface State {
  readonly nets: readonly PackedNetwork[];
  readonly discs: readonly PackedDiscriminator[];
  readonly transfers?: readonly PackedTransfer[] | null;
}

interface Losses {
  readonly L_logit: readonly number[];
  readonly L_D: readonly number[];
  readonly L_G: readonly number[];
}

const entriesOf = ({ nets, discs, transfers }: State): Readonly<Record<string, Packed>> => ({
  ...numberedEntries('network', nets, networkEntries),
  ...numberedEntries('discriminator', discs, discriminatorEntries),
  ...numberedEntries('transfer', transfers ?? [], transferEntries),
});

function expectWeights(found: Weights | undefined, state: State): void {
  for (const [name, { data }] of Object.entries(entriesOf(state))) {
    data.forEach((value, at) => {
      const got = found?.[name]?.[at] ?? NaN;
      expect(Math.abs(got - value), `${name}[${at}]: ${got}, not ${value}`).toBeLessThan(1e-5);
    });
  }
}

function lossesOf(terms: EpochReport['terms'], networks: number): Losses {
  const values = (term: (k: number) => number): number[] =>
    Array.from({ length: networks }, (_, k) => term(k + 1));
  const of = (name: string): number => terms[name]?.value ?? NaN;
  return {
    L_logit: values((k) => of(`logits/ce${k}`) + of(`logits/kd${k}`)),
    L_D: values((k) => of(`discriminators/loss${k}`)),
    L_G: values((k) => of(`features/generator${k}`)),
  };
}

function expectLosses(found: Losses, wanted: Losses): void {
  for (const name of ['L_logit', 'L_D', 'L_G'] as const) {
    wanted[name].forEach((value, network) => {
      expect(found[name][network], `${name} of network ${network + 1}`).toBeCloseTo(value, 5);
    });
  }
}

await describeOnEngines('two iterations', () => {
  it.each([
    ['of a pair', cases.iteration_pair_same_arch, {}],
    ['of a pair of unlike widths', cases.iteration_pair_transfer, { commonWidth: 3 }],
    ['of three in the cycle', cases.iteration_cyclic_K3, { networks: 3 }],
  ] as const)('%s end at the losses and weights of the reference', async (_, golden, options) => {
    const [first, second] = await iterate(golden, afd({ ...HYPER, ...options }));
    const { snapshot } = golden.expected;
    const networks = golden.inputs.nets.length;
    expectLosses(lossesOf(first?.terms ?? {}, networks), snapshot.losses_iteration_1);
    expectWeights(first?.weights, snapshot.after_1);
    expectLosses(lossesOf(second?.terms ?? {}, networks), snapshot.losses_iteration_2);
    expectWeights(second?.weights, snapshot.after_2);
  });

  it('in sequence are the reference’s too, and others than at one snapshot', async () => {
    const golden = cases.iteration_pair_same_arch;
    const [first, second] = await iterate(golden, afd({ ...HYPER, order: 'sequential' }));
    const { sequential, snapshot } = golden.expected;
    const { L_D_at_D_step: L_D, L_G_at_G_step: L_G, L_logit } = sequential.losses_iteration_1;
    expectLosses(lossesOf(first?.terms ?? {}, 2), { L_logit, L_D, L_G });
    expectWeights(first?.weights, sequential.after_1);
    expectWeights(second?.weights, sequential.after_2);
    expect(() => {
      expectWeights(first?.weights, snapshot.after_1);
    }).toThrow();
  });

  it('of three networks in another place of the cycle are the same, moved on', async () => {
    const golden = cases.iteration_cyclic_K3;
    const [first] = await iterate(golden, afd({ ...HYPER, networks: 3 }), [1, 2, 0]);
    const { nets, discs } = golden.expected.snapshot.after_1;
    const moved = <T>([one, ...others]: readonly T[]): T[] => [...others, one as T];
    expectWeights(first?.weights, {
      nets: moved<PackedNetwork>(nets),
      discs: moved<PackedDiscriminator>(discs),
    });
  });

  it.each([
    ['logits', networkEntries(cases.offline_teacher.expected.dLlogit_student as PackedNetwork), 'network1'],
    ['features', extractorEntries(cases.offline_teacher.expected.dLG_student), 'network1'],
    ['discriminators', discriminatorEntries(cases.offline_teacher.expected.dLD), 'discriminator1'],
  ] as const)(
    'with a fixed teacher: %s alone moves by the gradient of the reference',
    async (kept, gradients, owner) => {
      const { inputs, expected } = cases.offline_teacher;
      const [student, teacher] = [goldenNetwork(inputs.student), goldenNetwork(inputs.teacher)];
      const discriminator = discriminatorEntries(inputs.disc);
      const seen = await runIterations({
        networks: [student],
        teacher,
        method: onlyUpdate(afdOffline({ discriminatorWidth: 2 }), kept),
        auxiliary: numberedEntries('discriminator', [inputs.disc], discriminatorEntries),
        data: goldenDataset(inputs.x, inputs.labels, 5),
        iterations: 1,
      });
      const { terms = {}, weights = {} } = seen[0] ?? {};
      const of = (name: string): number => terms[name]?.value ?? NaN;
      const losses = { logits: expected.L_logit, features: expected.L_G, discriminators: expected.L_D };
      const logged = { logits: of('ce') + of('kd'), features: of('generator1'), discriminators: of('loss1') };
      expect(logged[kept]).toBeCloseTo(losses[kept], 5);
      const start = {
        ...numberedEntries('network', [inputs.student], networkEntries),
        ...numberedEntries('discriminator', [discriminator], (entries) => entries),
      };
      for (const [name, { data }] of Object.entries(start)) {
        const gradient = gradients[name.slice(owner.length + 1)];
        const moves = name.startsWith(`${owner}/`) && gradient !== undefined;
        data.forEach((value, at) => {
          const wanted = moves ? value - (gradient.data[at] ?? NaN) : Math.fround(value);
          if (moves) expect(weights[name]?.[at], name).toBeCloseTo(wanted, 5);
          else expect(weights[name]?.[at], name).toBe(wanted);
        });
      }
      for (const [name, { data }] of Object.entries(networkEntries(inputs.teacher))) {
        expect(Array.from(teacher.variables[name]?.dataSync() ?? []), name).toEqual([
          ...new Float32Array(data),
        ]);
      }
      student.dispose();
      teacher.dispose();
    },
  );
});

/** The method with one of its updates, moved by the plain gradient. */
function onlyUpdate(method: Method, kept: string): Method {
  const optimizer = sgd({ learningRate: 1, momentum: 0, weightDecay: 0 });
  return prepared(method, (plan) => ({
    ...plan,
    phases: plan.phases.map((phase) => ({
      ...phase,
      updates: phase.updates.filter(({ name }) => name === kept).map((update) => ({ ...update, optimizer })),
    })),
  }));
}

it('the teacher of each network is the one before it', () => {
  for (const [networks, teachers] of Object.entries(cases.routing.expected)) {
    for (const [network, teacher] of Object.entries(teachers)) {
      expect(teacherOf(Number(network) - 1, Number(networks)) + 1).toBe(teacher);
    }
  }
});

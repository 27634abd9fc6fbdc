import type { Method, Update } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { afd } from '../src/index.js';
import { prepared } from './golden-run.js';
import type { Weights } from './golden-run.js';
import { cases, discriminatorEntries, networkEntries, transferEntries } from './golden.js';
import type { Packed, PackedDiscriminator, PackedNetwork, PackedTransfer } from './golden.js';
import { extractorEntries, HYPER, iterate } from './iterate.js';

/** Of one network, in the first iteration. */
interface Gradients {
  readonly dLlogit: PackedNetwork;
  readonly dLG_backbone: Pick<PackedNetwork, 'k' | 'b'>;
  readonly dLG_transfer: PackedTransfer | null;
  readonly dLD: PackedDiscriminator;
}

await describeOnEngines('each loss', () => {
  it.each([
    ['of a pair', cases.iteration_pair_same_arch, {}],
    ['of a pair of unlike widths', cases.iteration_pair_transfer, { commonWidth: 3 }],
    ['of three in the cycle', cases.iteration_cyclic_K3, { networks: 3 }],
  ] as const)(
    '%s moves its own network’s part alone, by the gradient of the reference',
    async (_, golden, options) => {
      const found: Record<string, Weights> = {};
      await iterate(golden, gradientsOf(afd({ ...HYPER, ...options }), found));
      const networks: readonly Gradients[] = Object.values(golden.expected.gradients_first_iteration);
      networks.forEach((gradients, index) => {
        for (const [update, wanted] of Object.entries(wantedOf(gradients, index + 1))) {
          expectGradients(`${update}${index + 1}`, found[`${update}${index + 1}`] ?? {}, wanted);
        }
      });
    },
  );
});

/** What each update's loss of one network is to reach, and by which gradient. */
function wantedOf(gradients: Gradients, network: number): Readonly<Record<string, Weights>> {
  const of = (owner: string, entries: Readonly<Record<string, Packed>>): Weights =>
    Object.fromEntries(
      Object.entries(entries).map(([name, { data }]) => [`${owner}${network}/${name}`, data]),
    );
  const { dLlogit, dLG_backbone, dLG_transfer, dLD } = gradients;
  return {
    logits: of('network', networkEntries(dLlogit)),
    features: {
      ...of('network', extractorEntries(dLG_backbone)),
      ...(dLG_transfer === null ? {} : of('transfer', transferEntries(dLG_transfer))),
    },
    discriminators: of('discriminator', discriminatorEntries(dLD)),
  };
}

/** Expects these variables and no other, within 1e-5 or 1e-3 of the value. */
function expectGradients(where: string, found: Weights, wanted: Weights): void {
  expect(Object.keys(found).sort(), where).toEqual(Object.keys(wanted).sort());
  for (const [name, values] of Object.entries(wanted)) {
    values.forEach((value, at) => {
      const gap = Math.abs((found[name]?.[at] ?? NaN) - value);
      expect(gap, `${where} of ${name}[${at}]`).toBeLessThan(Math.max(1e-5, 1e-3 * Math.abs(value)));
    });
  }
}

/** The method, writing down the gradients of each network's terms of each update in the first step, as `features1`. */
function gradientsOf(method: Method, into: Record<string, Weights>): Method {
  const written = (update: Update): Update => ({
    ...update,
    combine: {
      name: 'written down',
      combine(backward) {
        for (const network of new Set(backward.terms.map((term) => term.slice(-1)))) {
          const own = backward.terms.filter((term) => term.endsWith(network));
          into[`${update.name}${network}`] ??= Object.fromEntries(
            Object.entries(backward.gradient(own)).map(([name, value]) => [name, [...value.dataSync()]]),
          );
        }
        return backward.gradient();
      },
    },
  });
  return prepared(method, (plan) => ({
    ...plan,
    phases: plan.phases.map((phase) => ({ ...phase, updates: phase.updates.map(written) })),
  }));
}

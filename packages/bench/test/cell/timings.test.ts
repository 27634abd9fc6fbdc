import { createRandom, freeze, resolveEngine } from '@distilljs/core';
import type { FrozenNetwork } from '@distilljs/core';
import { beforeAll, expect, it } from 'vitest';
import { timingsOf } from '../../src/cell/timings.js';
import { buildNetwork } from '../../src/run/cohort.js';
import { loadRunData } from '../../src/run/datasets.js';
import { keptLog, tinyConfig } from '../run/tiny-bench.js';

beforeAll(async () => {
  await resolveEngine('wasm');
});

/** A teacher that takes at least so many milliseconds, and counts how often it is asked. */
function slow(teacher: FrozenNetwork, milliseconds: number): FrozenNetwork & { calls: number } {
  const forward: FrozenNetwork['forward'] = (images, taps) => {
    slowed.calls += 1;
    for (const end = performance.now() + milliseconds; performance.now() < end;);
    return teacher.forward(images, taps);
  };
  const slowed = { ...teacher, forward, calls: 0 };
  return slowed;
}

it.each([
  ['whole batches', 108],
  ['a rest that no batch of an epoch has', 100],
])(
  'asks a teacher whose outputs are kept in the first epochs only, as a training does: %s',
  async (_, trainSize) => {
    const timesOf = async (teacher: object) => {
      const config = tinyConfig({
        ...{ methods: ['kd'], epochs: 5, teacher: { model: 'plain8', ...teacher } },
        dataset: { trainSize },
      });
      const data = await loadRunData(config);
      const network = await buildNetwork('plain8', data.train, createRandom(0));
      const asked = slow(freeze(network), 20);
      const phases = await timingsOf(keptLog()).ofMethods(config, data, { network: asked, input: {} });
      network.dispose();
      const [phase, ...others] = phases.get('kd') ?? [];
      expect(others).toEqual([]);
      return { phase, calls: asked.calls };
    };
    const live = await timesOf({ kind: 'live' });
    expect(live.phase?.asking).toBeUndefined();
    expect(live.phase?.seconds).toBeGreaterThanOrEqual(0.02);
    for (const kind of ['auto', 'cached']) {
      const { phase, calls } = await timesOf({ kind, views: 2 });
      expect(phase).toMatchObject({ asking: { epochs: 2 } });
      expect(phase?.asking?.seconds).toBeGreaterThanOrEqual(0.02);
      // Two epochs ask as often as one, and once for the shapes.
      expect(calls).toBeLessThanOrEqual(live.calls + 1);
    }
  },
);

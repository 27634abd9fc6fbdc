import { distill, resolveEngine } from '@distilljs/core';
import { describeMethod, testEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, expect, test } from 'vitest';
import { mhgd } from '../src/index.js';
import type { MhgdOptions } from '../src/index.js';

describeMethod('mhgd', {
  engines: await testEngines(),
  method: () => mhgd({ heads: 2, headEpochs: 2, candidates: 2 }),
  needsTeacher: true,
  refused: [
    {
      make: () => mhgd({ heads: 0 }),
      message: /mhgd\.heads: expected a whole number, at least 1 and at most 256, got 0/,
    },
    { make: () => mhgd({ hedas: 1 } as object), message: /Did you mean 'heads'\?/ },
    {
      make: () => mhgd({ ceWeight: 0 }),
      message: /mhgd: expected ceWeight or kdWeight above 0, got both 0/,
    },
  ],
  wrongTap: () => mhgd({ studentTaps: ['stage1', 'stage9'], teacherTaps: ['stage1', 'stage2'] }),
});

async function run(options: Partial<MhgdOptions>, batchSize = 12): Promise<Record<string, number[]>> {
  const [student, teacher] = [tinyNetwork(1, { width: 4 }), tinyNetwork(2, { width: 6 })];
  const data = { train: tinyDataset(24, 1), batchSize, seed: 1, epochs: 1 };
  const method = mhgd({ heads: 2, headEpochs: 30, ...options });
  const result = await distill({ students: [student], teacher, ...data, method });
  result.dispose();
  const terms = [...new Set(result.history.flatMap((epoch) => Object.keys(epoch.terms)))];
  return Object.fromEntries(
    terms.map((term) => [term, result.history.flatMap((epoch) => epoch.terms[term]?.value ?? [])]),
  );
}

beforeAll(async () => {
  await resolveEngine('wasm');
});

test.each<Partial<MhgdOptions>>([
  { heads: 1 },
  { dropHeads: false },
  { ceWeight: 0.1, kdWeight: 0.9 },
  { candidates: 1, warmUp: false },
  { studentTaps: 'resnet', teacherTaps: 'plain' },
])('runs with %o', async (options) => {
  const terms = await run(options);
  expect(Object.values(terms).flat().every(Number.isFinite)).toBe(true);
  const rebuilt = terms['reconstruct'] ?? [];
  expect(rebuilt.at(-1)).toBeLessThan(0.8 * (rebuilt[0] ?? 0));
  expect(terms['transfer']?.[0]).toBeGreaterThan(0);
  expect('kd' in terms).toBe(options.kdWeight !== undefined);
});

test('a batch of one image gives no graph', async () => {
  await expect(run({}, 1)).rejects.toThrow(/batchSize: expected at least 2, .* got 1/);
});

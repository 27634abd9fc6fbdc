import { distill, kd, student } from '@distilljs/core';
import type { DistillOptions } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { describeOn } from '../on-engines.js';

/** Chance is one third. */
const options = (): DistillOptions => ({
  students: [tinyNetwork(2, { width: 4 })],
  method: student(),
  train: tinyDataset(60, 1),
  validation: tinyDataset(60, 2),
  epochs: 8,
  batchSize: 12,
  seed: 1,
});

describeOn([{ name: 'wasm', skipped: undefined }], 'training', () => {
  it('learns: the loss falls, and unseen images are classified', async () => {
    const { history, best } = await distill(options());
    const losses = history.map(({ terms }) => terms['ce']?.value ?? NaN);
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? NaN));
    expect(best?.accuracy).toBeGreaterThan(0.85);
    expect(best?.accuracy).toBe(Math.max(...history.map(({ validation }) => validation[0]?.accuracy ?? NaN)));
  });

  it('distils: the student comes closer to a teacher that has learned', async () => {
    const teacher = tinyNetwork(1, { width: 6 });
    (await distill({ ...options(), students: [teacher] })).dispose();
    const { history } = await distill({ ...options(), teacher, method: kd() });
    const divergences = history.map(({ terms }) => terms['kd']?.value ?? NaN);
    expect(divergences.at(-1)).toBeLessThan(0.3 * (divergences[0] ?? NaN));
    expect(history.at(-1)?.validation[0]?.accuracy).toBeGreaterThan(0.85);
  });
});

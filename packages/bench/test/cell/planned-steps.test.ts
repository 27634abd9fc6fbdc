import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveEngine } from '@distilljs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dryRun } from '../../src/cell/dry-run.js';
import type { MethodResult } from '../../src/report/index.js';
import { checkMethods, stepsOf } from '../../src/run/check-methods.js';
import { loadRunData } from '../../src/run/datasets.js';
import { methodCatalog } from '../../src/run/method-catalog.js';
import { runConfig } from '../../src/run/run-config.js';
import { keptLog, tinyConfig } from '../run/tiny-bench.js';

beforeAll(async () => {
  await resolveEngine('wasm');
});
const folder = mkdtempSync(join(tmpdir(), 'planned-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Of tuning, where none is named. */
const SEED = 1_000_000_007;

const stepsDone = (out: string, training: string): number => {
  const { epochs } = JSON.parse(readFileSync(join(out, training, 'result.json'), 'utf8')) as MethodResult;
  return epochs.reduce((sum, { steps }) => sum + steps, 0);
};

/** One entry per package and plan: others differ from these in weights of terms. */
const methods = methodCatalog
  .map(({ name }) => name)
  .filter((name) => !/\+|-without-kd|-student-query|-standardized|-smoothing|-plain/.test(name));

it('every method takes as many steps as are planned', { timeout: 600_000 }, async () => {
  const config = tinyConfig({
    dataset: { trainSize: 54, testSize: 18 },
    teacher: { epochs: 1 },
    seeds: [0],
    methods: methods.map((name) => ({
      name,
      // By itself it has a thousand steps.
      options: name === 'mhgd' ? { headEpochs: 3 } : {},
    })),
  });
  const { plans } = await checkMethods(config, await loadRunData(config));
  const out = join(folder, 'all');
  expect(await runConfig({ config, out, existing: 'refuse', log: keptLog() })).toMatchObject({
    diverged: [],
  });
  const planned = Object.fromEntries([...plans.keys()].map((work) => [work, stepsOf(plans, work)]));
  const done = Object.fromEntries([
    ['', stepsDone(out, 'teacher')],
    ...methods.map((method) => [method, stepsDone(out, `${method}/0`)]),
  ]) as object;
  expect(planned).toEqual(done);
  // 49 images in batches of 16, two epochs; a phase of three epochs before them.
  expect(planned).toMatchObject({ '': 3, kd: 6, mhgd: 15 });
});

it(
  'phases that follow from the number of images are planned on all of them',
  { timeout: 120_000 },
  async () => {
    const config = tinyConfig({
      dataset: { trainSize: 4422, testSize: 18 },
      methods: ['mhgd+kd'],
      tune: { 'mhgd+kd': { headEpochs: [2, 5] } },
      seeds: [0],
      epochs: 30,
      batchSize: 64,
    });
    const { cells } = await dryRun({ config, out: join(folder, 'none'), log: keptLog() });
    const steps = Object.fromEntries(cells.map((cell) => [cell.name, cell.steps]));
    // 3,980 images are 62 steps; heads take 17 epochs, as many as have a thousand.
    expect(steps).toMatchObject({
      teacher: 2 * 62,
      'mhgd+kd/0': 17 * 62 + 30 * 62,
      [`tune/mhgd+kd/0/${SEED}`]: 2 * 62 + 30 * 62,
      [`tune/mhgd+kd/1/${SEED}`]: 5 * 62 + 30 * 62,
    });
  },
);

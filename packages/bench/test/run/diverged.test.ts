import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { resolveEngine } from '@distilljs/core';
import { afterAll, describe, expect, it } from 'vitest';
import { divergenceText } from '../../src/cli/run-command.js';
import { runConfig } from '../../src/run/run-config.js';
import type { ConfigOutcome } from '../../src/run/run-config.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'diverged-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A weight of its term that no number of 32 bits can hold. */
const WILD = { name: 'cckd', as: 'wild', options: { beta: 3e38 } };

describe('a training that diverges', () => {
  it('is left out; the others are trained and reported', async () => {
    const log = keptLog();
    const config = tinyConfig({ methods: ['student', WILD, 'kd'] });
    const out = join(folder, 'run');
    const { report, diverged } = (await runConfig({ config, out, existing: 'refuse', log })) as ConfigOutcome;
    expect(report.rows.map(({ method, seeds }) => [method, seeds.length])).toEqual([
      ['student', 2],
      ['kd', 2],
    ]);
    expect(diverged.map(({ method, seed }) => [method, seed])).toEqual([
      ['wild', 0],
      ['wild', 1],
    ]);
    expect(log.lines).toContainEqual(
      expect.stringMatching(/^wild seed 0 diverged, and is left out: .*expected a finite value/),
    );
    expect(existsSync(join(out, 'wild/0/result.json'))).toBe(false);
    expect(divergenceText(diverged, config)).toBe(
      'wild seed 0, wild seed 1 diverged; the report is of the others. Lower the learning rate, or leave it out with --methods student,kd.',
    );
  });

  it('is the error where there is nothing else', async () => {
    const config = tinyConfig({ methods: [WILD], seeds: [0] });
    const run = runConfig({ config, out: join(folder, 'alone'), existing: 'refuse', log: keptLog() });
    expect(await refusal(run)).toMatch(/expected a finite value/);
  });

  it("is the error that names the teacher where it is the teacher's", async () => {
    const plan = tinyConfig({ methods: ['kd'], seeds: [0] });
    const config = { ...plan, teacher: { ...plan.teacher, learningRate: 1e30 } };
    await resolveEngine(config.engine);
    const tensors = tf.memory().numTensors;
    const run = runConfig({ config, out: join(folder, 'teacher'), existing: 'refuse', log: keptLog() });
    expect(await refusal(run)).toMatch(
      /^DistillError: teacher plain8, method 'student', .*expected a finite value.*Lower teacher\.learningRate, which is 1e\+30\.$/,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

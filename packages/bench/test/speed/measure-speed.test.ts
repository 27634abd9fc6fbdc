import * as tf from '@tensorflow/tfjs-core';
import { resolveEngine } from '@distilljs/core';
import type { Engine } from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { measureSpeed, speedSettings, speedText } from '../../src/speed/index.js';
import type { SpeedReport } from '../../src/speed/index.js';

const BATCH = 4;

describe('measureSpeed', () => {
  let report: SpeedReport;
  let engine: Engine;
  let left: number;
  const shares: number[] = [];

  beforeAll(async () => {
    engine = await resolveEngine('wasm');
    const before = tf.memory().numTensors;
    const settings = speedSettings({
      model: 'plain8',
      teacher: 'resnet8',
      batchSize: BATCH,
      steps: 2,
      warmup: 1,
      methods: ['student', 'kd'],
      memorySteps: 4,
    });
    report = await measureSpeed(settings, engine, (_, share) => void shares.push(share));
    left = tf.memory().numTensors - before;
  });

  it('has a line per method, with kd as the measure of overhead', () => {
    expect(report.methods.map(({ method, phase }) => [method, phase])).toEqual([
      ['student', 'train'],
      ['kd', 'train'],
    ]);
    const [student, kd] = report.methods;
    expect(student?.stepMs.n).toBe(2);
    expect(kd?.overheadVsKd).toBe(0);
    expect(student?.overheadVsKd).toBeCloseTo(
      (student?.stepMs.median ?? 0) / (kd?.stepMs.median ?? 1) - 1,
      12,
    );
  });

  it('counts the arithmetic of students and teacher', () => {
    const [student, kd] = report.methods;
    const ofStudent = 3 * 2 * report.student.macs * BATCH;
    expect(student?.flopsPerStep).toBe(ofStudent);
    expect(kd?.flopsPerStep).toBe(ofStudent + 2 * report.teacher.macs * BATCH);
    expect(kd?.teacherImagesPerStep).toBe(BATCH);
  });

  it('sees what a step asks of the engine, and that no step leaves a tensor', () => {
    for (const { use, tensorGrowth } of report.methods) {
      expect(use.kernels.map((kernel) => kernel.name)).toContain('Conv2DBackpropFilter');
      // The values of the step's terms; and on wasm what is cut into weights and statistics.
      expect(use.reads).toBe(3);
      expect(tensorGrowth).toBe(0);
    }
    expect(report.memory.map(({ early, end }) => [early.step, end.step])).toEqual([
      [2, 4],
      [2, 4],
    ]);
    for (const { early, end } of report.memory) expect(end.tensors).toBe(early.tensors);
    expect(left).toBe(0);
  });

  it('reports its progress up to the end', () => {
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  it('is JSON with a version, and a table', () => {
    expect((JSON.parse(JSON.stringify(report)) as SpeedReport).schema).toBe(1);
    const text = speedText(report);
    for (const part of ['student', 'kd', 'engine wasm', 'GFLOP/s', 'RSS ratio']) expect(text).toContain(part);
  });

  it('says how steps ran as graphs, and why some did not', () => {
    const known = { graphs: 3, runs: 1200, repeated: 80, eager: [], issued: ['it looks at the epoch'] };
    expect(report.graphs).toBeUndefined();
    expect(speedText({ ...report, graphs: known })).toContain(
      'Steps as graphs: 3 graphs ran 1,200 times, 80 parts of steps without their JavaScript. JavaScript in every step: it looks at the epoch.',
    );
  });

  it('times a cached teacher when all its outputs are known', async () => {
    const settings = speedSettings({
      model: 'plain8',
      teacher: 'plain8',
      batchSize: BATCH,
      steps: 1,
      warmup: 0,
      methods: ['kd'],
      cachedViews: 2,
    });
    const { methods } = await measureSpeed(settings, engine);
    expect(methods[0]?.teacherImagesPerStep).toBe(0);
  });

  it('frees what it made when a method cannot train', async () => {
    const before = tf.memory().numTensors;
    // CCKD looks at an embedding, of which a batch of one has no pairs.
    const settings = speedSettings({ model: 'plain8', teacher: 'plain8', batchSize: 1, methods: ['cckd'] });
    await expect(measureSpeed(settings, engine)).rejects.toThrow('cckd');
    expect(tf.memory().numTensors).toBe(before);
  });
});

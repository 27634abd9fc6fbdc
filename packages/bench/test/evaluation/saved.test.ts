import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli.js';
import type { ModelCard } from '../../src/export/index.js';
import { decodePredictions } from '../../src/predictions/index.js';
import type { MethodResult, Report } from '../../src/report/index.js';
import { rewriteReport } from '../../src/run/write-report.js';
import { TINY_RUN } from '../run/tiny-run.js';
import { heard } from '../terminal/heard.js';

const folder = mkdtempSync(join(tmpdir(), 'evaluation-'));
const run = join(folder, 'run');
const kept = (...path: string[]): string => join(run, ...path);
const report = async (): Promise<Report> => (await rewriteReport(run)).report;
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const output = heard();

describe('a run’s networks', { timeout: 300_000 }, () => {
  let first: Report;
  beforeAll(async () => {
    output.listen();
    expect(await main(['run', ...TINY_RUN, '--methods', 'student,dml', '--out', run]), output.said).toBe(0);
    first = await report();
  }, 300_000);

  it('keep their predictions, which say what the results say', () => {
    for (const { method, perSeed } of first.rows)
      for (const { scores, seed, testAccuracyLast } of perSeed)
        expect(scores?.top1, `${method} ${seed}`).toBeCloseTo(testAccuracyLast, 12);
    expect(first.teacher.metrics?.scores.top1?.mean).toBeCloseTo(first.teacher.testAccuracy, 12);
    const [student, dml] = first.rows;
    expect(student?.metrics).toMatchObject({ seeds: [0, 1], scores: { agreement: { n: 2 } } });
    expect(student?.metrics?.perClass).toHaveLength(6);
    // Two seeds of 36 images; of dml both networks count.
    expect(student?.metrics?.confusion?.flat().reduce((sum, count) => sum + count, 0)).toBe(72);
    expect(dml?.metrics?.confusion?.flat().reduce((sum, count) => sum + count, 0)).toBe(144);
    expect(first.omitted).toEqual([]);
    expect(first.pairwise).toHaveLength(1);
    expect(first.pairwise[0]?.ci95WithImages).not.toBeNull();
    const file = readFileSync(kept('dml', '1', 'predictions-2.safetensors'));
    expect(decodePredictions(file, 'file')).toMatchObject({ images: 36, classes: 6 });
  });

  it('say what they cost', () => {
    const [student] = first.rows;
    const bytes = ['model.json', 'weights.bin'].map(
      (name) => statSync(kept('student', '0', 'student', name)).size,
    );
    expect(student?.cost?.modelBytes).toBe((bytes[0] ?? 0) + (bytes[1] ?? 0));
    expect(student?.cost?.latency.map(({ batch }) => batch)).toEqual([1, 64]);
    expect(student?.cost).toMatchObject({ methodShare: 0 });
    expect(student?.cost?.trainSeconds).toBeGreaterThan(0);
    expect(student?.cost?.peakMemoryBytes).toBeGreaterThan(2 ** 20);
    expect(first.teacher.cost?.latency).toHaveLength(2);
  });

  it('of a version that kept nothing still make a report, which says what brings the rest', async () => {
    for (const cell of [['teacher'], ['student', '0'], ['student', '1']]) {
      rmSync(kept(...cell, 'predictions.safetensors'));
      const result = JSON.parse(readFileSync(kept(...cell, 'result.json'), 'utf8')) as MethodResult;
      writeFileSync(kept(...cell, 'result.json'), JSON.stringify({ ...result, cost: undefined }));
    }
    const old = await report();
    expect(old.omitted.join()).toMatch(
      /not kept for 3 trainings \(teacher, student\/0, student\/1\).*distill-bench predictions RUN/,
    );
    expect(old.rows[0]).toMatchObject({ metrics: null, cost: { modelBytes: null, latency: [] } });
    expect(old.rows[1]?.metrics?.scores).toMatchObject({ agreement: null, top1: { n: 2 } });
    expect(old.pairwise[0]).toMatchObject({ ci95WithImages: null });

    expect(await main(['predictions', run]), output.said).toBe(0);
    expect(output.printed).toContain('3 networks evaluated, 4 had their predictions');
    expect(output.said).not.toContain('when it was trained');
    const again = await report();
    expect(again.rows[0]?.metrics).toEqual(first.rows[0]?.metrics);
    expect(again.teacher.metrics).toEqual(first.teacher.metrics);
  });

  it('with damaged predictions are refused by the report, and mended by the command', async () => {
    const file = kept('dml', '0', 'predictions-1.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await expect(report()).rejects.toThrow(/predictions-1\.safetensors.*distill-bench predictions RUN/);
    expect(await main(['predictions', run]), output.said).toBe(0);
    expect(output.printed).toContain('1 network evaluated, 6 had');
    expect((await report()).omitted).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('with a pipe in the place of predictions are refused', async () => {
    const file = kept('dml', '0', 'predictions-1.safetensors');
    const bytes = readFileSync(file);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    expect(await main(['predictions', run])).toBe(1);
    expect(output.said).toMatch(
      /predictions-1\.safetensors: expected a file of predictions, got a named pipe/,
    );
    rmSync(file);
    writeFileSync(file, bytes);
  });

  it('are tried on corrupted images, once', async () => {
    // One seed is enough.
    for (const method of ['student', 'dml']) rmSync(kept(method, '1'), { recursive: true });
    expect(await main(['corruptions', run]), output.said).toBe(0);
    expect(output.printed).toContain('3 trainings evaluated');
    const { rows, teacher } = await report();
    const found = rows[1]?.corruptions;
    expect(Object.keys(found?.accuracy ?? {})).toEqual(['noise', 'blur', 'contrast', 'jpeg', 'brightness']);
    expect(found?.accuracy['noise']).toHaveLength(5);
    expect(found?.seeds).toEqual([0]);
    const all = Object.values(found?.accuracy ?? {}).flat();
    expect(found?.mean.mean).toBeCloseTo(all.reduce((sum, { mean }) => sum + mean, 0) / all.length, 12);
    expect(teacher.corruptions?.seeds).toEqual([0]);
    output.listen();
    expect(await main(['corruptions', run]), output.said).toBe(0);
    expect(output.printed).toContain('0 trainings evaluated');
  });

  it('are tried on the noise of the run, and on no other images than its own', async () => {
    const config = JSON.parse(readFileSync(kept('config.json'), 'utf8')) as object & {
      readonly dataset: object;
    };
    writeFileSync(kept('config.json'), JSON.stringify({ ...config, corruptions: { seed: 7 } }));
    expect(await main(['corruptions', run]), output.said).toBe(0);
    expect(JSON.parse(readFileSync(kept('teacher', 'corruptions.json'), 'utf8'))).toMatchObject({ seed: 7 });
    writeFileSync(
      kept('config.json'),
      JSON.stringify({ ...config, dataset: { ...config.dataset, seed: 9 } }),
    );
    for (const command of ['predictions', 'corruptions', 'metrics']) {
      output.listen();
      expect(await main([command, run]), command).toBe(1);
      expect(output.said, command).toContain('expected the data that the run was started with');
    }
    writeFileSync(kept('config.json'), JSON.stringify(config));
  });

  it('that belong to no run are refused', async () => {
    expect(await main(['predictions', folder])).toBe(1);
    expect(output.said).toContain('expected a run folder, got none');
    expect(await main(['corruptions', folder])).toBe(1);
    output.listen();
    expect(await main(['verify', kept('config.json')])).toBe(1);
    expect(output.said).toContain('config.json: expected a run folder, got none');
  });
});

describe('students with layers that tfjs does not have', { timeout: 300_000 }, () => {
  it('are measured and exported by a process that has not trained them', async () => {
    const module = join(folder, 'doubled.mjs');
    writeFileSync(
      module,
      `export default ({ imageShape, classes, tf }) => {
        class Doubled extends tf.layers.Layer {
          static className = 'Doubled';
          computeOutputShape(shape) { return shape; }
          call(inputs) { return tf.mul(inputs[0], 2); }
        }
        tf.serialization.registerClass(Doubled);
        return tf.sequential({ layers: [
          tf.layers.conv2d({ inputShape: imageShape, filters: 4, kernelSize: 3 }), new Doubled({ name: 'doubled' }),
          tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: classes }),
        ] });
      };`,
    );
    const own = join(folder, 'own-layers');
    const flags = ['--methods', 'student,kdexplainer', '--set', `student={from: ${module}}`, '--seeds', '0'];
    output.listen();
    expect(await main(['run', ...TINY_RUN, ...flags, '--out', own]), output.said).toBe(0);
    const known = tf.serialization.SerializationMap.getMap().classNameMap;
    const forget = (): void => {
      for (const name of ['Doubled', 'TaskAttention', 'ClassScores']) Reflect.deleteProperty(known, name);
    };
    for (const command of ['metrics', 'corruptions']) {
      forget();
      output.listen();
      expect(await main([command, own]), output.said).toBe(0);
    }
    for (const [method, layers] of [
      ['student', ['Doubled']],
      ['kdexplainer', ['TaskAttention', 'ClassScores']],
    ] as const) {
      forget();
      const to = join(folder, `export-${method}`);
      output.listen();
      expect(await main(['export', own, method, '0', '--to', to, '--json']), output.said).toBe(0);
      const card = JSON.parse(output.printed) as ModelCard;
      expect(card).toMatchObject({ ownLayers: layers, hasPage: false });
      expect(card.testAccuracy.exported).toBe(card.testAccuracy.trained);
      expect(readFileSync(join(to, 'README.md'), 'utf8')).toContain(
        `registerHme()\` of \`@distilljs/vam\`): ${layers.join(', ')}`,
      );
      (await loadModel(to)).dispose();
    }
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrayDataset, isDistillError, loadModel } from '@distilljs/core';
import { weightBytes } from '@distilljs/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.js';
import type { ConfigInput } from '../../src/config/schema.js';
import { explainRun } from '../../src/explain/index.js';
import type { MethodResult, Report } from '../../src/report/index.js';
import { buildCohort, planMethod } from '../../src/run/cohort.js';
import { methodNames } from '../../src/run/method-catalog.js';
import { runConfig } from '../../src/run/run-config.js';

const folder = mkdtempSync(join(tmpdir(), 'distill-bench-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const quiet = { say: () => undefined, progress: () => ({ name: 'test' }) };

function configOf(methods: ConfigInput['methods']): ReturnType<typeof resolveConfig> {
  const dataset = { imageSize: 12, trainSize: 72, testSize: 36, classes: 6, superclasses: 3 };
  const tiny = { dataset, teacher: { model: 'plain8', epochs: 2 }, seeds: [0], epochs: 2, batchSize: 16 };
  return resolveConfig({ preset: 'quick', flags: [tiny, { methods }], methodNames });
}

describe('cohorts', { timeout: 300_000 }, () => {
  it('are trained, measured, saved and reported network by network, small and large ones too', async () => {
    const methods = ['student', { name: 'dml', cohort: ['plain16', 'plain8'] }, 'afd', 'afd-offline'];
    const config = configOf(methods);
    await runConfig({ config, out: folder, existing: 'refuse', log: quiet });

    const resultOf = (method: string): MethodResult =>
      JSON.parse(readFileSync(join(folder, method, '0/result.json'), 'utf8')) as MethodResult;
    const [student, mixed, equals, offline] = ['student', 'dml', 'afd', 'afd-offline'].map(resultOf) as [
      MethodResult,
      MethodResult,
      MethodResult,
      MethodResult,
    ];
    expect(student.cohort).toBeUndefined();
    expect(offline.cohort).toBeUndefined();

    // The large network is measured, and does not count: nothing in its row is to be compared with it.
    expect(mixed.cohort?.networks.map(({ model, counted }) => [model, counted])).toEqual([
      ['plain16', false],
      ['plain8', true],
    ]);
    expect(mixed.testAccuracyLast).toBe(mixed.cohort?.networks[1]?.testAccuracyLast);
    expect(mixed.studentParameters).toBe(student.studentParameters);
    expect(mixed.extraTrainParameters).toBe(mixed.cohort?.networks[0]?.parameters);

    const [first, second] = equals.cohort?.networks ?? [];
    expect(equals.testAccuracyLast).toBeCloseTo(
      ((first?.testAccuracyLast ?? NaN) + (second?.testAccuracyLast ?? NaN)) / 2,
      12,
    );
    expect(equals.extraTrainParameters).toBeGreaterThan(student.studentParameters);
    expect(equals.epochs[0]?.validation).toHaveLength(2);
    expect(Object.keys(equals.epochs[0]?.terms ?? {})).toEqual(
      expect.arrayContaining(['discriminators/own1', 'discriminators/peer2', 'features/generator2']),
    );

    const model = await loadModel(`file://${join(folder, 'afd/0/student-2')}`);
    expect(model.countParams()).toBeGreaterThanOrEqual(student.studentParameters);
    model.dispose();
    expect(existsSync(join(folder, 'afd/0/student'))).toBe(false);
    expect(existsSync(join(folder, 'afd-offline/0/student/model.json'))).toBe(true);

    const { rows } = JSON.parse(readFileSync(join(folder, 'report/report.json'), 'utf8')) as Report;
    const row = rows.find(({ method }) => method === 'dml');
    expect(row?.cohort?.networks.map((network) => network.testAccuracyLast.mean)).toEqual(
      mixed.cohort?.networks.map((network) => network.testAccuracyLast),
    );
    expect(row?.cohort?.ensembleAccuracyLast.mean).toBe(mixed.cohort?.ensembleAccuracyLast);
    expect(rows.find(({ method }) => method === 'student')?.cohort).toBeNull();

    // A run with an adversary is explained by the maps of all its methods.
    const { page, explained } = await explainRun(folder);
    expect(explained.maps.map(({ method, network, peer }) => [method, network, peer])).toEqual([
      ['student', 'plain8', 'teacher plain8'],
      ['dml', 'plain16 1', 'plain8 2'],
      ['dml', 'plain8 2', 'plain16 1'],
      ['afd', 'plain8 1', 'plain8 2'],
      ['afd', 'plain8 2', 'plain8 1'],
      ['afd-offline', 'plain8', 'teacher plain8'],
    ]);
    const [alone, , , pair] = explained.maps;
    expect(alone?.distance?.squared).toBeGreaterThan(0);
    expect(alone?.discriminator).toBeUndefined();
    expect(pair?.discriminator?.loss).toBe(equals.epochs.at(-1)?.terms['discriminators/loss1']?.value);
    expect(explained.mapsComparisons.map(({ first, second }) => [first, second])).toEqual([
      ['afd-offline', 'student'],
    ]);
    expect(explained.findings[0]).toMatch(
      /afd-offline minus student: .*; with 1 seed this is no evidence\.$/,
    );
    expect(readFileSync(page, 'utf8')).toContain('Does the adversary move the maps?');
  });

  it('start from every other method’s student, and from others after it', async () => {
    const pixels = {
      images: new Uint8Array(2 * 192),
      labels: [0, 1],
      imageShape: [8, 8, 3] as const,
      classes: 2,
    };
    const train = arrayDataset(pixels);
    const networks = [
      ...(await buildCohort(['plain8'], train, 4)),
      ...(await buildCohort(['plain8', 'plain8'], train, 4)),
    ];
    const [alone, first, second] = networks.map(weightBytes);
    expect(first).toEqual(alone);
    expect(second).not.toEqual(first);
    for (const network of networks) network.dispose();
  });

  it('have as many networks as the method says, copies of the student where nothing is named', () => {
    const modelsOf = (entry: object): readonly string[] =>
      planMethod({ name: 'afd', options: {}, ...entry }, 'resnet8').models;
    expect(modelsOf({})).toEqual(['resnet8', 'resnet8']);
    expect(modelsOf({ options: { networks: 3 } })).toEqual(['resnet8', 'resnet8', 'resnet8']);
    expect(modelsOf({ cohort: ['resnet8', 'resnet20', 'resnet14'] })).toEqual([
      'resnet8',
      'resnet20',
      'resnet14',
    ]);
    expect(modelsOf({ name: 'kd' })).toEqual(['resnet8']);
  });

  it.each([
    [
      { name: 'dml', cohort: ['plain16', 'plain32'] },
      /methods\.0\.cohort: expected the student's model, plain8, among them/,
    ],
    [
      { name: 'dml', cohort: ['plain8', 'plain16'], options: { networks: 3 } },
      /cohort: expected 3 models, the value of the option networks/,
    ],
    [{ name: 'dml', cohort: ['plain8'] }, /cohort: expected a list/],
    [{ name: 'dml', cohort: ['plain8', 'plain9'] }, /cohort\.1: expected a network of the zoo, got 'plain9'/],
  ])('%o is refused where it is written', (entry, message) => {
    expect(() => configOf([entry] as ConfigInput['methods'])).toThrow(message);
  });

  it('are refused for methods that train one student, before anything is trained', async () => {
    const config = configOf([{ name: 'kd', cohort: ['plain8', 'plain8'] }]);
    const run = runConfig({ config, out: join(folder, 'none'), existing: 'refuse', log: quiet });
    const error = await run.catch((thrown: unknown) => thrown);
    expect(isDistillError(error)).toBe(true);
    expect(String(error)).toMatch(
      /method 'kd', cohort: .* one student, .*Methods that train several: afd, dml, feature-l1/,
    );
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EpochReport } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli.js';
import { mergeRuns } from '../../src/cluster/index.js';
import { compareRuns, curveFindings, verifyRun } from '../../src/evaluation/index.js';
import type { MethodOrigin, MethodResult } from '../../src/report/index.js';
import { rewriteReport } from '../../src/run/write-report.js';
import { TINY_RUN } from '../run/tiny-run.js';
import { heard } from '../terminal/heard.js';

const folder = mkdtempSync(join(tmpdir(), 'verify-'));
const run = join(folder, 'run');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const output = heard();

function copyOf(name: string): string {
  cpSync(run, join(folder, name), { recursive: true });
  return join(folder, name);
}
/** Changes fields of a result. */
function change(file: string, fields: object): void {
  writeFileSync(
    file,
    JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as MethodResult), ...fields }),
  );
}

beforeAll(async () => {
  output.listen();
  expect(
    await main(['run', ...TINY_RUN, '--methods', 'student,kd', '--epochs', '1', '--out', run]),
    output.said,
  ).toBe(0);
}, 300_000);

describe('distill-bench verify', { timeout: 60_000 }, () => {
  it('finds no error in an untouched run', async () => {
    const { findings, trainings } = await verifyRun(run);
    expect(trainings).toBe(5);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(await main(['verify', run]), output.said).toBe(0);
    expect(output.printed).toMatch(/5 trainings verified, \d findings?\.\n$/);
  });

  it('finds what is missing, changed or of other images, and fails', async () => {
    const out = copyOf('spoilt');
    rmSync(join(out, 'kd/1/result.json'));
    const weights = join(out, 'kd/0/student/weights.bin');
    const bytes = readFileSync(weights);
    bytes[9] = (bytes[9] ?? 0) ^ 1;
    writeFileSync(weights, bytes);
    writeFileSync(join(out, 'student/0/predictions.safetensors'), 'nonsense');
    const { findings } = await verifyRun(out);
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ where }) => where).sort()).toEqual(['kd/0', 'run', 'student/0']);
    expect(errors.find(({ where }) => where === 'run')).toMatchObject({
      found: '1 training not finished: kd/1',
      hint: expect.stringContaining('--resume') as string,
    });
    expect(await main(['verify', out])).toBe(1);
    expect(output.printed).toMatch(
      /Error: kd\/0: student: expected the model that was measured, got other bytes/,
    );
    output.listen();
    expect(await main(['verify', out, '--json'])).toBe(1);
    expect(JSON.parse(output.printed)).toHaveProperty('findings');
  });

  it('warns about a teacher below its students, and about mixed versions', async () => {
    const out = copyOf('mixed');
    change(join(out, 'teacher/result.json'), { testAccuracy: 0 });
    const made = { engine: 'wasm (other)', node: 'v20', packages: {} };
    change(join(out, 'kd/0/result.json'), { madeWith: made });
    const { findings } = await verifyRun(out);
    expect(findings.map(({ where, found }) => `${where}: ${found}`).join('\n')).toMatch(
      /teacher: it has 0\.00 % on the test images, no more than student, kd\nrun: trainings were made in 2 ways: /,
    );
  });

  it('warns about trainings whose TensorFlow had other numbers of threads', async () => {
    const out = copyOf('threads');
    const made = { engine: 'node (tfjs)', node: 'v20', packages: {} };
    const found = async (threads: readonly number[]): Promise<string> => {
      for (const [seed, count] of threads.entries())
        for (const method of ['student', 'kd'])
          change(join(out, method, String(seed), 'result.json'), { madeWith: { ...made, threads: count } });
      return (await verifyRun(out)).findings.map(({ found: text }) => text).join('\n');
    };
    expect(await found([1, 2])).toContain(
      'trainings were made in 2 ways: node (tfjs), 1 thread; node (tfjs), 2 threads',
    );
    expect(await found([2, 2])).not.toContain('trainings were made');
  });

  it('finds students, a teacher and images that trainings did not have in common', async () => {
    const out = copyOf('origins');
    const originOf = (method: string, seed: number): MethodOrigin =>
      (JSON.parse(readFileSync(join(out, method, String(seed), 'result.json'), 'utf8')) as MethodResult)
        .origin as MethodOrigin;
    // With one seed all methods begin with the same weights, with another one with others; the teacher is the same.
    expect(originOf('kd', 0)).toEqual(originOf('student', 0));
    expect(originOf('kd', 1).firstWeights).not.toBe(originOf('kd', 0).firstWeights);
    expect({ ...originOf('kd', 1), firstWeights: '' }).toEqual({ ...originOf('kd', 0), firstWeights: '' });
    const spoil = (seed: number, fields: Partial<MethodOrigin>): void => {
      change(join(out, 'kd', String(seed), 'result.json'), {
        origin: { ...originOf('kd', seed), ...fields },
      });
    };
    spoil(0, { firstWeights: 'ff' });
    spoil(1, { teacher: 'ee', data: 'dd' });
    const { findings } = await verifyRun(out);
    expect(
      findings.filter(({ severity }) => severity === 'error').map(({ where, found }) => `${where}: ${found}`),
    ).toEqual([
      'run: kd/1 began with other training images than the run',
      'run: kd/1 began with other weights of the teacher than student/0',
      'seed 0: kd/0 began with other weights of the student than student/0',
    ]);
  });

  it('finds files of another training in place of its own, as every reader of them does', async () => {
    const out = copyOf('exchanged');
    const files = {
      predictions: ['kd/0/predictions.safetensors', 'kd/1/predictions.safetensors'],
      ofMethod: ['student/0/predictions.safetensors', 'kd/1/predictions.safetensors'],
      ofTeacher: ['kd/1/predictions.safetensors', 'teacher/predictions.safetensors'],
      metrics: ['kd/0/metrics.jsonl', 'student/1/metrics.jsonl'],
    };
    for (const [from, to] of Object.values(files)) cpSync(join(run, from as string), join(out, to as string));
    const errorsOf = async (root: string): Promise<string[]> =>
      (await verifyRun(root)).findings
        .filter(({ severity }) => severity === 'error')
        .map(({ where, found }) => `${where}: ${found}`);
    expect((await errorsOf(out)).sort()).toEqual([
      "kd/1: predictions.safetensors: expected predictions of the network beside it, got another network's",
      'student/1: metrics.jsonl: expected the epochs of result.json, got other epochs',
      "teacher: predictions.safetensors: expected predictions of the network beside it, got another network's",
    ]);
    const refused =
      /predictions of the network beside it, got another network's.*distill-bench predictions RUN/s;
    await expect(rewriteReport(out)).rejects.toThrow(refused);
    const into = join(folder, 'merged');
    await expect(mergeRuns([out], into)).rejects.toThrow(refused);
    expect(existsSync(into)).toBe(false);
    // The command makes them again; lines that no result has are the user's to remove.
    expect(await main(['predictions', out]), output.said).toBe(0);
    expect(output.printed).toContain('2 networks evaluated, 3 had their predictions');
    for (const cell of ['kd/1', 'teacher'])
      expect(readFileSync(join(out, cell, 'predictions.safetensors')), cell).toEqual(
        readFileSync(join(run, cell, 'predictions.safetensors')),
      );
    rmSync(join(out, 'student/1/metrics.jsonl'));
    expect(await errorsOf(out)).toEqual([]);
    expect(await mergeRuns([out], into)).toEqual({ cells: 5, done: 5, added: 5 });
    expect(await errorsOf(into)).toEqual([]);
  });

  it('finds what is shown, or was measured on corrupted images, of another training', async () => {
    const out = copyOf('shown');
    const inspections = join(out, 'kd/0/inspections.jsonl');
    const line = { phase: 'train', epoch: 0, globalEpoch: 0, exhibits: [] };
    writeFileSync(inspections, `${JSON.stringify(line)}\n`);
    change(join(out, 'kd/0/result.json'), { inspectionsDigest: 'of what kd/0 showed' });
    const { modelDigest } = JSON.parse(readFileSync(join(out, 'kd/1/result.json'), 'utf8')) as MethodResult;
    const corruptions = {
      schema: 1,
      fingerprint: 'x',
      seed: 0,
      network: modelDigest,
      clean: 1,
      accuracy: {},
    };
    for (const cell of ['student/0', 'kd/1'])
      writeFileSync(join(out, cell, 'corruptions.json'), JSON.stringify(corruptions));
    const { findings } = await verifyRun(out);
    expect(
      findings.filter(({ severity }) => severity === 'error').map(({ where, found }) => `${where}: ${found}`),
    ).toEqual([
      "student/0: corruptions.json: expected corruptions of the network beside it, got another network's",
      'kd/0: inspections.jsonl: expected what this training showed of itself, got other bytes',
    ]);
    await expect(rewriteReport(out)).rejects.toThrow('corruptions of the network beside it');
    for (const cell of ['student/0', 'kd/1']) rmSync(join(out, cell, 'corruptions.json'));
    await expect(rewriteReport(out)).rejects.toThrow('what this training showed of itself');
  });

  it('refuses to merge a student that is not the one that was measured', async () => {
    const out = copyOf('other-student');
    cpSync(join(run, 'kd/1/student'), join(out, 'kd/0/student'), { recursive: true });
    const into = join(folder, 'merged-students');
    await expect(mergeRuns([run, out], join(folder, 'first-counts'))).resolves.toMatchObject({ done: 5 });
    await expect(mergeRuns([out, run], into)).rejects.toThrow(
      /kd.0.student: expected the model that was measured, got other bytes/,
    );
    expect(existsSync(into)).toBe(false);
  });

  it('refuses a folder that is no run', async () => {
    expect(await main(['verify', folder])).toBe(1);
    expect(output.said).toContain('expected a run folder, got none');
  });
});

describe('curves', () => {
  const epochsOf = (train: (at: number) => number, validation: (at: number) => number): EpochReport[] =>
    Array.from({ length: 40 }, (_, epoch) => ({
      ...{ phase: 'train', epoch, globalEpoch: epoch, steps: 1, learningRate: {}, terms: {}, seconds: 1 },
      trainAccuracy: [train(epoch)],
      validation: [{ accuracy: validation(epoch), top5: 1, loss: 1, images: 10 }],
    }));
  it('that end level are no finding', () => {
    expect(
      curveFindings(
        'kd/0',
        epochsOf(
          (at) => 1 - 1 / (at + 1),
          (at) => 0.7 + 0.01 * (at % 2),
        ),
      ),
    ).toEqual([]);
  });
  it('that end rising ask for more epochs', () => {
    const [finding] = curveFindings(
      'kd/0',
      epochsOf(
        (at) => at / 50,
        (at) => at / 100 + 0.001 * (at % 2),
      ),
    );
    // The last 8 of 40 epochs, a hundredth each.
    expect(finding?.found).toMatch(/^validation accuracy still rose by 7\.\d points over the last 8 epochs$/);
  });
  it('that fall back ask for a lower learning rate', () => {
    const [finding] = curveFindings(
      'kd/0',
      epochsOf(
        (at) => (at < 20 ? 0.8 : 0.3),
        () => 0.5,
      ),
    );
    expect(finding).toMatchObject({ found: 'training accuracy fell from 80.00 % to 30.00 %' });
    expect(finding?.hint).toContain('optimizer.learningRate');
  });
});

describe('distill-bench compare', { timeout: 60_000 }, () => {
  it('finds no difference between a run and itself', async () => {
    const { rows, omitted } = await compareRuns(run, run);
    expect(omitted).toEqual([]);
    expect(rows.map(({ method, difference }) => [method, difference.mean, difference.p])).toEqual([
      ['student', 0, null],
      ['kd', 0, null],
    ]);
  });

  it('reports method by method what a change did, over the common seeds', async () => {
    const out = copyOf('after');
    const before = [0, 1].map(
      (seed) =>
        (JSON.parse(readFileSync(join(run, 'kd', String(seed), 'result.json'), 'utf8')) as MethodResult)
          .testAccuracyLast,
    );
    const after = [0.9, 0.8];
    after.forEach((accuracy, seed) => {
      change(join(out, 'kd', String(seed), 'result.json'), { testAccuracyLast: accuracy });
    });
    rmSync(join(out, 'student/1/result.json'));
    const { rows } = await compareRuns(run, out);
    expect(rows[0]?.difference.seeds).toEqual([0]);
    expect(rows[1]).toMatchObject({ method: 'kd', second: expect.closeTo(0.85, 12) as number });
    expect(rows[1]?.difference.mean).toBeCloseTo(0.85 - ((before[0] ?? 0) + (before[1] ?? 0)) / 2, 12);
    expect(rows[1]?.correctedP).toBe(rows[1]?.difference.p);
    expect(await main(['compare', run, out]), output.said).toBe(0);
    expect(output.printed).toMatch(/kd +│ +2 │ .* 85\.00 │/);
    output.listen();
    expect(await main(['compare', run, out, '--json']), output.said).toBe(0);
    expect(JSON.parse(output.printed)).toHaveProperty('rows');
  });

  it('refuses other test images, and folders without a run', async () => {
    const out = copyOf('other');
    const data = JSON.parse(readFileSync(join(out, 'data.json'), 'utf8')) as { test: object };
    writeFileSync(join(out, 'data.json'), JSON.stringify({ ...data, test: { size: 36, fingerprint: 'ff' } }));
    expect(await main(['compare', run, out])).toBe(1);
    expect(output.said).toMatch(/expected the test images of .*, got other images/);
    await expect(compareRuns(run, folder)).rejects.toThrow(/expected a run folder, got none/);
  });
});

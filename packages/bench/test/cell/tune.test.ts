import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledCli } from '../run/bundled-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'tune-'));
let script = '';

/** An array in MNIST's format: grey images, brighter by class, or their labels. */
function idx(shape: readonly number[], value: (at: number) => number): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt8(8, 2);
  head.writeUInt8(shape.length, 3);
  shape.forEach((length, at) => head.writeUInt32BE(length, 4 + 4 * at));
  const size = shape.reduce((product, length) => product * length, 1);
  return Buffer.concat([head, Buffer.from(Array.from({ length: size }, (_, at) => value(at)))]);
}

beforeAll(async () => {
  script = await bundledCli();
  mkdirSync(join(folder, 'data'));
  const write = (prefix: string, count: number): void => {
    const pixels = 12 * 12;
    const brightness = (at: number): number => 60 * (Math.floor(at / pixels) % 3) + ((at * 7919) % 64);
    writeFileSync(join(folder, 'data', `${prefix}-images-idx3-ubyte`), idx([count, 12, 12], brightness));
    writeFileSync(
      join(folder, 'data', `${prefix}-labels-idx1-ubyte`),
      idx([count], (at) => at % 3),
    );
  };
  write('train', 90);
  write('t10k', 30);
  writeFileSync(
    join(folder, 'tune.yaml'),
    `engine: wasm
dataset: { name: idx, dir: data }
teacher: { model: plain8, epochs: 1 }
student: { model: plain8 }
methods: [student, kd]
tune: { kd: { temperature: [1, 9], zip: { kdWeight: [0.5, 0.9], ceWeight: [0.5, 0.1] } } }
seeds: [0]
epochs: 2
batchSize: 16
optimizer: { learningRate: 0.02 }
`,
  );
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(dirname(script), { recursive: true, force: true });
});

const bench = (...args: string[]): { code: number | null; out: string; errors: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { code: status, out: stdout, errors: stderr };
};
const run = (out: string, ...args: string[]): ReturnType<typeof bench> =>
  bench('run', '--config', 'tune.yaml', '--out', out, ...args);
const json = (...path: string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as Record<string, unknown>;
const weights = (out: string): string =>
  readFileSync(join(folder, out, 'kd/0/student/weights.bin'), 'base64');

const SEED = 1_000_000_007;
const TRIALS = [0, 1, 2, 3].map((trial) => `tune/kd/${trial}/${SEED}`);
interface Tuned {
  readonly method: string;
  readonly chosen: number;
  readonly seeds: readonly number[];
  readonly trials: readonly {
    readonly options: object;
    readonly validationAccuracy: { readonly mean: number };
  }[];
}

describe('options that are chosen', { timeout: 600_000 }, () => {
  it('are those with the highest validation accuracy, and are stored with everything that was tried', () => {
    const { code, errors } = run('one');
    expect([code, errors]).toEqual([
      0,
      expect.stringMatching(/kd trial 3 seed 1000000007: .* on the validation images/),
    ]);
    const [tuned] = json('one/report/report.json')['tuning'] as readonly Tuned[];
    expect(tuned?.trials.map(({ options }) => options)).toEqual([
      { temperature: 1, kdWeight: 0.5, ceWeight: 0.5 },
      { temperature: 1, kdWeight: 0.9, ceWeight: 0.1 },
      { temperature: 9, kdWeight: 0.5, ceWeight: 0.5 },
      { temperature: 9, kdWeight: 0.9, ceWeight: 0.1 },
    ]);
    const means = tuned?.trials.map(({ validationAccuracy }) => validationAccuracy.mean) ?? [];
    const measured = TRIALS.map((trial) => json('one', trial, 'result.json')['validationAccuracyLast']);
    expect(means).toEqual(measured);
    expect(tuned?.chosen).toBe(means.indexOf(Math.max(...means)));
    expect(json('one/kd/0/result.json')['options']).toMatchObject(
      tuned?.trials[tuned.chosen]?.options ?? { none: true },
    );
    const text = readFileSync(join(folder, 'one/report/report.md'), 'utf8');
    expect(text).toContain('Each method had 4 trainings for this.');
    expect(text).toContain('Options of student were not tuned, those of the others were.');
    expect(readFileSync(join(folder, 'one/report/index.html'), 'utf8')).toContain('How options were chosen');
    // Nothing of a trial but its numbers is of use.
    expect(existsSync(join(folder, 'one', TRIALS[0] ?? '', 'student'))).toBe(false);
    expect(existsSync(join(folder, 'one', TRIALS[0] ?? '', 'checkpoint'))).toBe(false);
  });

  it('never have a test image read, and are chosen before their method trains', () => {
    const cells = run('cells', '--prepare')
      .out.trim()
      .split('\n')
      .map((line) => line.split(' ').at(-1) ?? '');
    expect(cells).toEqual(['teacher', ...TRIALS, 'student/0', 'kd/0']);
    expect(bench('train', 'cells', 'teacher').code).toBe(0);
    for (const what of ['images-idx3', 'labels-idx1'])
      renameSync(join(folder, `data/t10k-${what}-ubyte`), join(folder, `kept-${what}`));
    const early = bench('train', 'cells', 'kd/0');
    expect([early.code, early.errors]).toEqual([2, expect.stringContaining(`train cells ${TRIALS[0]}`)]);
    for (const trial of TRIALS) expect(bench('train', 'cells', trial).code).toBe(0);
    expect(bench('train', 'cells', 'student/0').code).toBe(1);
    for (const what of ['images-idx3', 'labels-idx1'])
      renameSync(join(folder, `kept-${what}`), join(folder, `data/t10k-${what}-ubyte`));
    expect(bench('train', 'cells', 'kd/0').code).toBe(0);
    expect(weights('cells')).toBe(weights('one'));
  });

  it('are the same in several processes, and after a stop', () => {
    const jobs = run('cells', '--resume', '--jobs', '2');
    expect([jobs.code, jobs.errors]).toEqual([0, expect.stringContaining('7 of 7 done')]);
    rmSync(join(folder, 'one', TRIALS[2] ?? ''), { recursive: true });
    rmSync(join(folder, 'one/kd/0'), { recursive: true });
    expect(run('one', '--dry-run').out).toContain('7 cells, 5 done');
    expect(run('one', '--jobs', '2', '--resume').code).toBe(0);
    expect(weights('one')).toBe(weights('cells'));
    const other = run('one', '--resume', '--set', 'tune.kd={temperature: [2, 3, 4, 5]}');
    expect([other.code, other.errors]).toEqual([2, expect.stringContaining('tune of kd')]);
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Report } from '../../src/report/index.js';
import { bundledCli } from '../run/bundled-cli.js';
import { untimedRows } from '../run/tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
let script = '';
beforeAll(async () => {
  script = await bundledCli();
  writeFileSync(
    join(folder, 'tiny.yaml'),
    `preset: quick
dataset: { imageSize: 12, trainSize: 108, testSize: 36, classes: 6, superclasses: 3 }
teacher: { model: plain8, epochs: 2 }
methods: [student, kd]
seeds: [0, 1]
epochs: 3
batchSize: 16
`,
  );
});
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
  bench('run', '--config', 'tiny.yaml', '--out', out, ...args);
const CELLS = ['student/0', 'kd/0', 'student/1', 'kd/1'];
const weights = (out: string): string[] =>
  CELLS.map((cell) => readFileSync(join(folder, out, cell, 'student/weights.bin'), 'base64'));
const rows = (out: string): unknown => {
  const report = untimedRows(readFileSync(join(folder, out, 'report/report.json'), 'utf8'));
  return report;
};

describe('a run in several processes', { timeout: 600_000 }, () => {
  it('gives the same bytes as in one process, also after it was stopped', async () => {
    expect(run('one').code).toBe(0);
    // Each process says that it begins.
    const loaded = join(folder, 'begun.mjs');
    const log = join(folder, 'begun');
    writeFileSync(
      loaded,
      `import { appendFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(log)}, process.argv[2] + '\\n');`,
    );
    vi.stubEnv('NODE_OPTIONS', `--import ${pathToFileURL(loaded).href}`);
    const jobs = run('two', '--jobs', '2');
    vi.unstubAllEnvs();
    // One for the teacher, which has the whole machine, and two for the students.
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(['run', 'train', 'train', 'train']);
    expect(jobs.errors).toMatch(/5 of 5 done \| 0 failed \| 0 left/);
    expect(jobs.code).toBe(0);
    expect(weights('two')).toEqual(weights('one'));
    expect(rows('two')).toEqual(rows('one'));
    const report = readFileSync(join(folder, 'two/report/report.md'), 'utf8');
    expect(report).toContain('Up to 2 trainings shared the machine');
    expect(report).not.toContain('made in another environment');

    const args = [script, 'run', '--config', 'tiny.yaml', '--out', 'stopped', '--jobs', '2'];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // The teacher is done, students are under way.
      if (/1 of 5 done/.test(said) && !child.killed) child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(said).toContain('Continue with the same command and --resume.');
    expect(code).toBe(130);
    const begun = run('stopped', '--dry-run');
    expect(begun.code).toBe(0);
    expect(begun.out).toMatch(/teacher +│ +done/);
    expect(run('stopped', '--jobs', '3', '--resume').code).toBe(0);
    expect(weights('stopped')).toEqual(weights('one'));
    expect(run('stopped', '--dry-run').out).toContain('5 cells, 5 done; 0 steps left');
  });

  it('gives the same results in shards on machines that share nothing, once merged', () => {
    for (const part of ['1', '2']) {
      const { code, errors } = run(`part-${part}`, '--shard', `${part}/2`);
      expect(code, errors).toBe(0);
      expect(errors).toContain('3 of 3 done');
    }
    const { code, out, errors } = bench('merge', 'part-1', 'part-2', '--into', 'merged');
    expect(code, errors).toBe(0);
    expect(out).toContain('5 of 5 cells are done, 5 of them added.');
    expect(weights('merged')).toEqual(weights('one'));
    expect(rows('merged')).toEqual(rows('one'));
    expect(run('merged', '--dry-run').out).toContain('5 cells, 5 done');
  });

  it('writes nothing more when it wakes up after another machine took over', async () => {
    expect(run('late', '--prepare', '--set', 'teacher.epochs=500').code).toBe(0);
    const teacher = join(folder, 'late/teacher');
    const child = spawn(process.execPath, [script, 'train', 'late', 'teacher'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise((resolve) => child.on('close', resolve));
    const hasCheckpoint = (): boolean =>
      existsSync(join(teacher, 'checkpoint')) && readdirSync(join(teacher, 'checkpoint')).length > 0;
    while (!hasCheckpoint()) await wait(20);
    child.kill('SIGSTOP');
    const lock = join(teacher, 'lock.json');
    const other = JSON.stringify({ pid: 1, host: 'another', since: new Date().toISOString(), attempt: 2 });
    writeFileSync(lock, other);
    const rowsNow = (): number => readFileSync(join(teacher, 'metrics.jsonl'), 'utf8').split('\n').length - 1;
    const before = rowsNow();
    child.kill('SIGCONT');
    expect(await ended, said).toBe(1);
    expect(said).toMatch(/expected attempt 1 to be the latest, got one that runs as process 1 on another/);
    // The write that was under way may come to its end.
    expect(rowsNow() - before).toBeLessThanOrEqual(1);
    expect(existsSync(join(teacher, 'result.json'))).toBe(false);
    expect(readFileSync(lock, 'utf8')).toBe(other);
  });

  it('is planned without a trace', () => {
    const { code, out } = run('nothing', '--dry-run');
    expect(code).toBe(0);
    // 97 training images in batches of 16.
    for (const cell of ['teacher', ...CELLS]) expect(out).toContain(`│ ${cell}`);
    expect(out).toMatch(/student\/0 +│ to do +│ +18 │/);
    expect(out).toMatch(/5 cells, 0 done; 84 steps left: about .* on engine wasm/);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  });

  it('is done cell by cell', () => {
    const prepared = run('cells', '--prepare');
    expect(prepared.out.trim().split('\n')).toEqual(
      ['teacher', ...CELLS].map((cell) => `distill-bench train cells ${cell}`),
    );
    const early = bench('train', 'cells', 'kd/1');
    expect([early.code, early.errors]).toEqual([2, expect.stringContaining('train cells teacher')]);
    const unknown = bench('train', 'cells', 'kd/2');
    expect([unknown.code, unknown.errors]).toEqual([2, expect.stringMatching(/got 'kd\/2'.*kd\/1/)]);
    expect(bench('train', 'elsewhere', 'kd/1').errors).toContain('run --prepare');
    for (const cell of ['teacher', ...CELLS]) expect(bench('train', 'cells', cell).code).toBe(0);
    expect(weights('cells')).toEqual(weights('one'));
    // What is done stays as it is.
    expect(bench('train', 'cells', 'kd/1').code).toBe(0);
    expect(weights('cells')).toEqual(weights('one'));
    expect(readdirSync(join(folder, 'cells/kd/1')).filter((name) => name.startsWith('lock'))).toEqual([]);
    expect(bench('report', 'cells').code).toBe(0);
    expect(rows('cells')).toEqual(rows('one'));
  });

  it('refuses a cell, and to start over, while a process works at one', () => {
    const lock = join(folder, 'cells/kd/0/lock.json');
    writeFileSync(lock, JSON.stringify({ pid: 1, host: 'another', since: '2026-01-01T00:00:00.000Z' }));
    const busy = bench('train', 'cells', 'kd/0');
    expect([busy.code, busy.errors]).toEqual([2, expect.stringContaining('process 1 on another')]);
    const over = run('cells', '--overwrite');
    expect([over.code, over.errors]).toEqual([2, expect.stringContaining('process 1 on another')]);
    expect(weights('cells')).toEqual(weights('one'));
    rmSync(lock);
  });

  it('gives the same result in one process as in several that were killed and resumed', async () => {
    const flags = ['--config', 'tiny.yaml', '--epochs', '1', '--seeds', '0'];
    const settings = ['--race', '--set', 'race.most=3', '--set', 'race.confirm=2'];
    const race = (out: string): string[] => ['run', ...flags, ...settings, '--out', out];
    const one = bench(...race('race-one'));
    expect(one.code, one.errors).toBe(0);
    const child = spawn(process.execPath, [script, ...race('race-two'), '--jobs', '2'], {
      ...{ cwd: folder, stdio: 'ignore' },
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    while (!existsSync(join(folder, 'race-two/kd/0/result.json'))) await wait(20);
    child.kill('SIGKILL');
    await ended;
    const two = bench(...race('race-two'), '--jobs', '2', '--resume');
    expect(two.code, two.errors).toBe(0);
    const raceOf = (out: string): unknown => {
      const report = JSON.parse(readFileSync(join(folder, out, 'report/report.json'), 'utf8')) as Report;
      return { ...report.race, seconds: undefined };
    };
    expect(raceOf('race-two')).toEqual(raceOf('race-one'));
    expect(rows('race-two')).toEqual(rows('race-one'));
    expect(raceOf('race-one')).toMatchObject({ seeds: [0, 1, 2], most: 3 });
    for (const flag of [['--shard', '1/2'], ['--prepare']]) {
      const { code, errors } = bench(...race('race-three'), ...flag);
      expect([code, errors]).toEqual([2, expect.stringMatching(/expected no --\w+ with a race.*--jobs/)]);
    }
    const listed = bench('jobs', 'race-one', '--format', 'shell');
    expect([listed.code, listed.errors]).toEqual([2, expect.stringMatching(/got a race.*run --jobs/)]);
    expect(bench(...race('race-three'), '--dry-run').out).toContain('A race trains a part of these');
  });

  it('refuses numbers of jobs that are not numbers, and --prepare with --dry-run', () => {
    for (const jobs of ['0', '1.5'])
      expect(run('x', '--jobs', jobs)).toMatchObject({
        code: 2,
        errors: expect.stringContaining('--jobs') as unknown,
      });
    expect(run('x', '--prepare', '--dry-run').code).toBe(2);
  });
});

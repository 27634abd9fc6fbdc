import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparedRuns, VerifiedRun } from '../../src/evaluation/index.js';
import { bundledCli } from '../run/bundled-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'study-'));
let script = '';
beforeAll(async () => {
  script = await bundledCli();
  const one = `preset: quick
dataset: { name: synthetic, imageSize: 12, trainSize: 108, testSize: 36, classes: 6, superclasses: 3, difficulty: 0.5 }
teacher: { model: plain8, epochs: 2 }
methods: [kd]
seeds: [0, 1]
epochs: 1
batchSize: 16
`;
  writeFileSync(join(folder, 'one.yaml'), one);
  writeFileSync(
    join(folder, 'study.yaml'),
    `${one}pairs: [{ teacher: plain8, student: plain8 }, { teacher: plain8, student: plain16 }]
datasets: [{ name: synthetic }, { name: synthetic, as: hard, difficulty: 0.9 }]
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
  bench('run', '--config', 'study.yaml', '--out', out, ...args);
const TASKS = [
  'synthetic+plain8-plain8',
  'synthetic+plain8-plain16',
  'hard+plain8-plain8',
  'hard+plain8-plain16',
];
const CELLS = ['kd/0', 'kd/1'];
/** Half of the study. */
const HALF = ['--set', 'datasets=[{name: synthetic}]'];
const bytes = (...path: string[]): string => readFileSync(join(folder, ...path), 'base64');
const halfOfWeights = (out: string): string[] =>
  TASKS.slice(0, 2).flatMap((task) =>
    CELLS.map((cell) => bytes(out, 'tasks', task, cell, 'student/weights.bin')),
  );
interface Overview {
  readonly methods: readonly string[];
  readonly tasks: readonly {
    readonly name: string;
    readonly page: string | null;
    readonly cells: readonly { readonly seeds: readonly number[]; readonly missing: readonly number[] }[];
  }[];
}
const overview = (out: string): Overview =>
  JSON.parse(readFileSync(join(folder, out, 'report/report.json'), 'utf8')) as Overview;

describe('a study', { timeout: 900_000 }, () => {
  it('is planned without a trace', () => {
    const { code, out } = run('nothing', '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('12 cells, 0 done');
    expect(out).toMatch(/hard\+plain8-plain16\/kd\/1 +│ to do +│ +6 │/);
    // A copy of the teacher takes no steps.
    expect(out).toMatch(/synthetic\+plain8-plain16\/teacher +│ to do +│ +0 │/);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  });

  it('runs every task as a run of its own, with a teacher that tasks share trained once', () => {
    const { code, out, errors } = run('study');
    expect([code, errors]).toEqual([0, expect.stringContaining('Task 4 of 4: hard+plain8-plain16')]);
    expect(out).toMatch(/hard\+plain8-plain16 .*│ +[\d.]+ ± [\d.]+ │/);
    expect(errors.match(/Teacher plain8 \(.*trained for 2 epochs\)/g)).toHaveLength(2);
    const teacher = (task: string): string => bytes('study/tasks', task, 'teacher/model/weights.bin');
    expect(teacher(TASKS[1] ?? '')).toBe(teacher(TASKS[0] ?? ''));
    expect(teacher(TASKS[2] ?? '')).not.toBe(teacher(TASKS[0] ?? ''));
    expect(bench('run', '--config', 'one.yaml', '--out', 'one').code).toBe(0);
    for (const cell of CELLS)
      expect(bytes('study/tasks', TASKS[0] ?? '', cell, 'student/weights.bin')).toBe(
        bytes('one', cell, 'student/weights.bin'),
      );

    const { methods, tasks } = overview('study');
    expect(methods).toEqual(['kd']);
    expect(tasks.map(({ name }) => name)).toEqual(TASKS);
    expect(tasks.flatMap(({ cells }) => cells.flatMap(({ missing }) => missing))).toEqual([]);
    for (const { page } of tasks) expect(existsSync(join(folder, 'study/report', page ?? 'none'))).toBe(true);
    expect(readFileSync(join(folder, 'study/report/index.html'), 'utf8')).toContain(
      'href="../tasks/hard+plain8-plain8/report/index.html"',
    );
    // The overview has no plots of single trainings, but each task has.
    expect(bench('report', 'study', '--format', 'svg').out).toMatch(/\n\nWrote the tasks' reports/);
    expect(existsSync(join(folder, 'study/tasks', TASKS[3] ?? '', 'report/plots'))).toBe(true);
    // A task is a run folder like any other.
    expect(bench('report', join('study/tasks', TASKS[3] ?? '')).code).toBe(0);
    expect(bench('export', 'study', `${TASKS[3]}/kd`, '1', '--to', 'exported').code).toBe(0);
    for (const method of ['kd', 'nothing/kd', `${TASKS[3]}/`]) {
      const { code, errors } = bench('export', 'study', method, '1', '--to', 'none');
      expect([code, errors], method).toEqual([
        2,
        expect.stringContaining('expected TASK/METHOD, as the folder'),
      ]);
      expect(errors).toContain(`${TASKS[0]}/${method.endsWith('kd') ? 'kd' : 'METHOD'}`);
    }
  });

  it('says which trainings are missing, and goes on with them', () => {
    rmSync(join(folder, 'study/tasks', TASKS[2] ?? '', 'kd/1/result.json'));
    rmSync(join(folder, 'study/tasks', TASKS[3] ?? '', 'kd'), { recursive: true });
    const { out, code } = bench('report', 'study');
    expect(code).toBe(0);
    expect(out).toMatch(/hard\+plain8-plain8 .*│ +[\d.]+ \(1 of 2 seeds\) │/);
    expect(out).toMatch(/hard\+plain8-plain16 +│ +[\d.]+ │ +missing │/);
    expect(out.replace(/\s+/g, ' ')).toContain(
      '3 trainings are not done, and no mean includes them: hard+plain8-plain8/kd/1, hard+plain8-plain16/kd/0, hard+plain8-plain16/kd/1.',
    );
    const measured = bench('metrics', 'study');
    expect([measured.code, measured.errors]).toEqual([
      0,
      expect.stringMatching(/Left out: \S*hard\+plain8-plain16 has no finished training yet\./),
    ]);
    expect(measured.out.match(/recall@1 %/g)).toHaveLength(3);
    const one = bench('train', 'study', `${TASKS[3]}/kd/0`);
    expect([one.code, one.errors]).toEqual([0, expect.stringContaining('kd seed 0')]);
    const refused = run('study');
    expect([refused.code, refused.errors]).toEqual([2, expect.stringContaining('one that holds a study')]);
    expect(run('study', '--resume', '--dry-run').out).toContain('12 cells, 10 done');
    expect(run('study', '--resume').code).toBe(0);
    expect(overview('study').tasks.flatMap(({ cells }) => cells.flatMap(({ missing }) => missing))).toEqual(
      [],
    );
  });

  it('gives the same bytes in several processes', () => {
    const { code, errors } = run('jobs', '--jobs', '2', ...HALF);
    expect([code, errors]).toEqual([0, expect.stringContaining('6 of 6 done | 0 failed | 0 left')]);
    expect(halfOfWeights('jobs')).toEqual(halfOfWeights('study'));
  });

  it('is verified, compared and evaluated again, task by task', () => {
    const verified = bench('verify', 'jobs', '--json');
    const { findings, trainings } = JSON.parse(verified.out) as VerifiedRun;
    expect(trainings).toBe(6);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);

    const compared = bench('compare', 'jobs', 'study', '--json');
    const { rows, omitted } = JSON.parse(compared.out) as ComparedRuns;
    expect(rows.map(({ task, method, difference }) => [task, method, difference.mean])).toEqual(
      TASKS.slice(0, 2).map((task) => [task, 'kd', 0]),
    );
    expect(omitted).toEqual(TASKS.slice(2).map((task) => `${task}: not in jobs`));

    const cell = join(folder, 'jobs/tasks', TASKS[1] ?? '', 'kd/0');
    const kept = readFileSync(join(cell, 'predictions.safetensors'), 'base64');
    rmSync(join(cell, 'predictions.safetensors'));
    expect(bench('predictions', 'jobs').out).toContain('1 network evaluated, 5 had their predictions');
    expect(readFileSync(join(cell, 'predictions.safetensors'), 'base64')).toBe(kept);

    expect(bench('corruptions', 'jobs').out).toContain('6 trainings evaluated');
    expect(bench('corruptions', 'jobs').out).toContain('0 trainings evaluated');
    expect(bench('report', 'jobs').code).toBe(0);
    const page = readFileSync(join(folder, 'jobs/tasks', TASKS[1] ?? '', 'report/index.html'), 'utf8');
    expect(page).toContain('Corrupted images');

    rmSync(join(cell, 'result.json'));
    const spoilt = bench('verify', 'jobs');
    expect([spoilt.code, spoilt.out]).toEqual([
      1,
      expect.stringContaining(`Error: ${TASKS[1]}/run: 1 training not finished: kd/0`),
    ]);
  });

  it('takes further tasks, and starts over when told', () => {
    const extra = bench(
      'run',
      '--config',
      'study.yaml',
      '--out',
      'study',
      '--resume',
      '--set',
      'pairs=[{teacher: plain8, student: plain8, as: third}]',
      '--set',
      'datasets=[{name: synthetic}]',
    );
    expect(extra.code).toBe(0);
    expect(overview('study').tasks.map(({ name }) => name)).toEqual([...TASKS, 'synthetic+third']);
    // Its teacher is that of a task that was there before.
    expect(extra.errors).not.toContain('trained for');
    const other = run('study', '--resume', '--epochs', '2');
    expect([other.code, other.errors]).toEqual([2, expect.stringContaining('epochs (1, now 2)')]);
    const single = bench('run', '--config', 'one.yaml', '--out', 'study', '--overwrite');
    expect([single.code, single.errors]).toEqual([2, expect.stringContaining('one of a study')]);
    const inRun = run('one', '--overwrite');
    expect([inRun.code, inRun.errors]).toEqual([2, expect.stringContaining('one that holds a single run')]);
    writeFileSync(join(folder, 'study/notes.txt'), 'mine');
    expect(run('study', '--overwrite', '--seeds', '0', ...HALF).code).toBe(0);
    expect(overview('study').tasks.map(({ name }) => name)).toEqual(TASKS.slice(0, 2));
    expect(existsSync(join(folder, 'study/tasks/synthetic+third'))).toBe(false);
    expect(readFileSync(join(folder, 'study/notes.txt'), 'utf8')).toBe('mine');
  });
});

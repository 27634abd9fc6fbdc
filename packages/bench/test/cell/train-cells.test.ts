import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellsDisplay } from '../../src/cli/cells-display.js';
import { inWorkingOrder } from '../../src/cell/cell-order.js';
import { cellProcesses } from '../../src/cell/cell-process.js';
import { scheduleOf } from '../../src/cell/schedule.js';
import { deviceVariables, expectGpus, trainCells } from '../../src/cell/train-cells.js';
import type { CellOutcome } from '../../src/cell/train-cells.js';
import { cellName, matrixCellsOf } from '../../src/run/cells.js';
import type { Cell, MatrixCell } from '../../src/run/cells.js';

const folder = mkdtempSync(join(tmpdir(), 'cells-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Stands in for `distill-bench train RUN CELL`: what a cell does is said by its method's name. */
const script = join(folder, 'cell.mjs');
writeFileSync(
  script,
  `import { appendFileSync, readFileSync } from 'node:fs';
  const [, , , root, first] = process.argv;
  const log = root + '/log';
  const write = (line) => appendFileSync(log, line + ' ' + process.pid + '\\n');
  const end = (cell, code) => { write('end ' + cell); process.exit(code); };
  const train = (cell) => {
    write('begin ' + cell);
    const attempts = readFileSync(log, 'utf8').split('begin ' + cell + ' ').length - 1;
    const [method] = cell.split('/');
    if (method === 'killed' && attempts === 1) process.kill(process.pid, 'SIGKILL');
    else if (method === 'broken') { console.error('Error: no such thing.'); end(cell, 1); }
    else if (method === 'diverging')
      process.send({ kind: 'failed', code: 'numeric', message: 'not finite' }, () => end(cell, 1));
    else if (method === 'stopped' || (method === 'stopped-once' && attempts === 1)) end(cell, 130);
    else if (method === 'endless') { process.on('SIGTERM', () => end(cell, 130)); setInterval(() => {}, 1000); }
    else process.send({ kind: 'progress', share: 0.5 }, () => setTimeout(() => {
      if (method === 'full') return end(cell, 0);
      write('end ' + cell);
      process.send({ kind: 'done' }, () => { if (method === 'tired') process.kill(process.pid, 'SIGKILL'); });
    }, 100));
  };
  process.on('message', (order) => {
    if (order.kind === 'end') process.exit(0);
    if (order.kind === 'next') process.send({ kind: 'begun' }, () => train(order.args[2]));
  });
  process.on('disconnect', () => process.exit(0));
  train(first);`,
);

const cellOf = (method: string, after: readonly string[] = []): MatrixCell => {
  const cell: Cell = { kind: 'student', method, seed: 0 };
  return { name: cellName(cell), cell, after };
};

async function run(
  methods: readonly (string | MatrixCell)[],
  jobs: number,
  signal = new AbortController().signal,
): Promise<{ outcomes: readonly CellOutcome[]; log: string[]; told: string[]; processes: string[] }> {
  writeFileSync(join(folder, 'log'), '');
  const told: string[] = [];
  const processes = cellProcesses(script);
  const outcomes = await trainCells(
    methods.map((method) => (typeof method === 'string' ? cellOf(method) : method)),
    {
      root: folder,
      jobs,
      processes,
      gpus: [],
      signal,
      watcher: {
        progress: (cell, share) => void told.push(`${cellName(cell)} ${share}`),
        say: (text) => void told.push(text),
        ended: ({ cell, state }, again) =>
          void told.push(`${cellName(cell)} ${state}${again ? ', again' : ''}`),
      },
    },
  );
  await processes.end();
  const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  const words = lines.map((line) => line.split(' '));
  return {
    outcomes,
    told,
    log: words.map(([what = '', cell = '']) => `${what} ${cell}`),
    /** Of each cell that began, in order. */
    processes: words.flatMap(([what, , pid = '']) => (what === 'begin' ? [pid] : [])),
  };
}

const states = (outcomes: readonly CellOutcome[]): Record<string, string> =>
  Object.fromEntries(outcomes.map(({ cell, state }) => [cellName(cell), state]));

describe('cells in processes of their own', () => {
  it('run so many at a time', async () => {
    const { outcomes, log, told } = await run(['a', 'b', 'c', 'd', 'e'], 2);
    expect(outcomes.every(({ state }) => state === 'done')).toBe(true);
    let [now, most] = [0, 0];
    for (const line of log) most = Math.max(most, (now += line.startsWith('begin') ? 1 : -1));
    expect(most).toBe(2);
    expect(told).toContain('a/0 0.5');
  });

  it('continue when one fails, and retry it once', async () => {
    const { outcomes, log, told } = await run(['broken', 'killed', 'a', 'diverging'], 2);
    expect(states(outcomes)).toEqual({
      'broken/0': 'failed',
      'killed/0': 'done',
      'a/0': 'done',
      'diverging/0': 'diverged',
    });
    expect(outcomes.find(({ state }) => state === 'failed')?.reason).toBe('no such thing.');
    const begun = (name: string): number => log.filter((line) => line === `begin ${name}/0`).length;
    expect(['broken', 'killed', 'a', 'diverging'].map(begun)).toEqual([2, 2, 1, 1]);
    expect(told).toContain('killed/0 failed, again');
  });

  it('are tried again where something else stopped them, and reported where it does so twice', async () => {
    const { outcomes } = await run(['stopped', 'stopped-once', cellOf('needs', ['stopped/0'])], 1);
    expect(states(outcomes)).toEqual({
      'stopped/0': 'failed',
      'stopped-once/0': 'done',
      'needs/0': 'blocked',
    });
    expect(outcomes.find(({ state }) => state === 'failed')?.reason).toBe('another program stopped it');
  });

  it('are done by as many processes as there are trainings at a time', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `m${at}`);
    const { outcomes, processes } = await run(names, 2);
    expect(outcomes.map(({ state }) => state)).toEqual(names.map(() => 'done'));
    expect(processes).toHaveLength(10);
    expect(new Set(processes).size).toBe(2);
  });

  it('get a new process after one that failed, that was killed or that ended by itself', async () => {
    const { outcomes, processes, log } = await run(['a', 'killed', 'b', 'full', 'c'], 1);
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done']);
    const begun = log.filter((line) => line.startsWith('begin'));
    expect(begun.map((line) => line.slice(6))).toEqual([
      'a/0',
      'killed/0',
      'b/0',
      'full/0',
      'c/0',
      'killed/0',
    ]);
    const [a, killed, b, full, c, again] = processes;
    expect([killed, full, again]).toEqual([a, b, c]);
    expect(new Set([a, b, c]).size).toBe(3);
  });

  it('lose no attempt to a process that ended while it waited for them', async () => {
    const { outcomes, told, processes } = await run(['tired', 'a', 'b'], 1);
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(told.filter((line) => line.includes('failed'))).toEqual([]);
    expect(new Set(processes).size).toBe(2);
  });

  it('wait for those that they need, and never begin without them', async () => {
    const cells = [
      cellOf('late', ['b/0', 'done-before/0']),
      cellOf('lost', ['broken/0']),
      cellOf('lost-too', ['lost/0']),
      cellOf('broken'),
      cellOf('b'),
      cellOf('c'),
    ];
    const { outcomes, log, told } = await run(cells, 2);
    expect(states(outcomes)).toEqual({
      'b/0': 'done',
      'c/0': 'done',
      'late/0': 'done',
      'broken/0': 'failed',
      'lost/0': 'blocked',
      'lost-too/0': 'blocked',
    });
    expect(log.indexOf('begin late/0')).toBeGreaterThan(log.indexOf('end b/0'));
    expect(log.filter((line) => line.includes('lost'))).toEqual([]);
    expect(told).toContain('lost-too/0 blocked');
    expect(outcomes.find(({ state }) => state === 'blocked')?.reason).toBe('broken/0 is not done');
  });

  it('are started in order, even ten thousand of them', () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `m${at}`);
    const schedule = scheduleOf([cellOf('first'), ...names.map((name) => cellOf(name, ['first/0']))]);
    const first = schedule.take();
    expect([first?.name, schedule.take()]).toEqual(['first/0', undefined]);
    schedule.done(cellOf('first'));
    expect(names.map(() => schedule.take()?.name)).toEqual(names.map((name) => `${name}/0`));
    expect(schedule.hasReady()).toBe(false);
  });

  it('are ordered by what they take: teachers, then the longest task, seed by seed the longest first', () => {
    const planned = (steps: Readonly<Record<string, number>>) =>
      new Map(
        Object.entries(steps).map(([work, n]) => [
          work,
          [{ name: 'train', epochs: 1, stepsPerEpoch: n, macsPerStep: 2 }],
        ]),
      );
    const config = (methods: readonly string[]) => ({
      methods: methods.map((as) => ({ name: 'kd', as, options: {} })),
      seeds: [0, 1],
      tune: { kd: [{}, {}] },
      tuning: { seeds: [9], budget: 'equal' as const },
    });
    const cells = [
      ...matrixCellsOf(config(['student', 'kd']), 'short'),
      ...matrixCellsOf({ ...config(['student', 'mhgd']), tune: {} }, 'long', 'short'),
    ];
    const plans = new Map([
      ['short', planned({ '': 1, student: 5, kd: 5, 'kd/0': 2, 'kd/1': 7 })],
      ['long', planned({ student: 3, mhgd: 8 })],
    ]);
    expect(inWorkingOrder(cells, plans).map(({ name }) => name)).toEqual([
      'short/teacher',
      'long/teacher',
      ...['long/mhgd/0', 'long/student/0', 'long/mhgd/1', 'long/student/1'],
      ...['short/tune/kd/1/9', 'short/tune/kd/0/9'],
      ...['short/student/0', 'short/kd/0', 'short/student/1', 'short/kd/1'],
    ]);
    // Where nothing is known the order is as it was, but for teachers.
    expect(inWorkingOrder(cells.slice(0, 7), new Map())).toEqual(cells.slice(0, 7));
  });

  it('end when the signal is given, and none begins after it', async () => {
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort();
    }, 500);
    const { outcomes, log } = await run(['endless', 'endless', 'a'], 2, stop.signal);
    expect(outcomes.map(({ state }) => state)).toEqual(['interrupted', 'interrupted']);
    expect(log.filter((line) => line.includes('a/0'))).toEqual([]);
  });

  describe('are shown with the remaining time', () => {
    let [now, shown] = [0, ''];
    beforeEach(() => {
      [now, shown] = [0, ''];
      vi.spyOn(performance, 'now').mockImplementation(() => now);
    });
    afterEach(() => void vi.restoreAllMocks());
    const write = (text: string): boolean => {
      shown = text;
      return true;
    };
    const stream = { isTTY: true, columns: 200, write } as unknown as NodeJS.WriteStream;
    const [teacher, a, b, c] = [cellOf('teacher'), cellOf('a'), cellOf('b'), cellOf('c')];
    const cells = [teacher, a, b, c];

    it('weighted by the size of each', () => {
      const work = ({ name }: MatrixCell): number => (name === teacher.name ? 7 : 1);
      const display = cellsDisplay(cells, 2, work, stream);
      now = 14_000;
      display.ended({ cell: teacher.cell, state: 'done' }, false);
      // Seven of ten parts took 14 seconds.
      expect(shown).toContain('3 of 6 done | 0 failed | 3 left | ETA 6 s');
      now = 21_000;
      display.progress(a.cell, 0.5);
      expect(shown).toContain('3 of 6 done | 0 failed | 2 left | ETA 8 s | running: a/0 50 %');
      display.ended({ cell: a.cell, state: 'failed', reason: 'x' }, false);
      expect(shown).toContain('3 of 6 done | 1 failed | 2 left | ETA 6 s');
    });

    it('once a part of the work is done that can be measured: not after a teacher that was only copied', () => {
      const work = ({ name }: MatrixCell): number => (name === teacher.name ? 1 : 1e14);
      const display = cellsDisplay(cells, 2, work, stream);
      now = 14_000;
      display.ended({ cell: teacher.cell, state: 'done' }, false);
      expect(shown).toContain('3 of 6 done | 0 failed | 3 left | ETA …');
      display.progress(a.cell, 0);
      now = 28_000;
      display.progress(a.cell, 0.5);
      expect(shown).toContain('ETA 2 min 20 s');
    });

    it('later where a small part was done while the processes started', () => {
      const work = ({ name }: MatrixCell): number => (name === teacher.name ? 1 : 99);
      const display = cellsDisplay(cells, 2, work, stream);
      now = 6000;
      display.ended({ cell: teacher.cell, state: 'done' }, false);
      expect(shown).toContain('ETA …');
      display.progress(a.cell, 0);
      now = 12_000;
      display.progress(a.cell, 0.5);
      // 50.5 of 298 parts took 12 seconds.
      expect(shown).toContain('ETA 59 s');
    });
  });

  it('have their share of the processors, or a GPU each', () => {
    const variables = deviceVariables(0, 1000, []);
    expect(variables['DISTILLJS_THREADS']).toBe('1');
    expect(deviceVariables(1, 2, ['4', '7'])['CUDA_VISIBLE_DEVICES']).toBe('7');
    expect(() => {
      expectGpus(3, ['0', '1']);
    }).toThrow(/--jobs: expected at most 2.*got 3/);
  });
});

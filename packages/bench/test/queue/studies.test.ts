import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CellProcess } from '../../src/cell/cell-process.js';
import { readRunCells } from '../../src/cell/run-cells.js';
import { parseShard, shardOf } from '../../src/cell/shard.js';
import { trainCell } from '../../src/cell/train-cell.js';
import { main } from '../../src/cli.js';
import { connectQueue } from '../../src/queue/connection.js';
import { runQueueWorker } from '../../src/queue/index.js';
import { writeStudyReport } from '../../src/run/study-report.js';
import { keptLog } from '../run/tiny-bench.js';
import { untimedRows } from '../run/tiny-run.js';
import { noRedis, startRedis } from './redis-server.js';

const root = mkdtempSync(join(tmpdir(), 'queue-studies-'));
const [alone, queued, merged] = [join(root, 'alone'), join(root, 'queued'), join(root, 'merged')] as const;
const config = join(root, 'study.yaml');
/** Two tasks that share a teacher, and options that are chosen by trials before the comparison. */
const STUDY = `preset: quick
dataset: { name: synthetic, imageSize: 12, trainSize: 72, testSize: 24, classes: 6, superclasses: 3 }
teacher: { model: plain8, epochs: 1 }
pairs: [{ teacher: plain8, student: plain8 }, { teacher: plain8, student: plain16 }]
methods: [kd]
tune: { kd: { temperature: [2, 8] } }
seeds: [0]
epochs: 1
batchSize: 16
`;
const TASKS = ['synthetic+plain8-plain8', 'synthetic+plain8-plain16'];
const CELLS = TASKS.flatMap((task) =>
  ['teacher', 'tune/kd/0/1000000007', 'tune/kd/1/1000000007', 'kd/0'].map((cell) => `${task}/${cell}`),
);

/** What it says on standard output. */
async function bench(...args: readonly string[]): Promise<string> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text: unknown): boolean => {
      said[stream] += String(text);
      return true;
    }),
  );
  const code = await main(args);
  for (const spy of spies) spy.mockRestore();
  expect(code, `${args.join(' ')}: ${said.stderr}`).toBe(0);
  return said.stdout;
}

/** Everything that a study came to: its report, and the bytes of every student. */
const outcomeOf = (study: string): unknown => ({
  tasks: TASKS.map((task) => ({
    rows: untimedRows(readFileSync(join(study, 'tasks', task, 'report/report.json'), 'utf8')),
    student: readFileSync(join(study, 'tasks', task, 'kd/0/student/weights.bin'), 'base64'),
    chosen: (
      JSON.parse(readFileSync(join(study, 'tasks', task, 'report/report.json'), 'utf8')) as {
        tuning: unknown;
      }
    ).tuning,
  })),
});

beforeAll(async () => {
  mkdirSync(root, { recursive: true });
  writeFileSync(config, STUDY);
  for (const out of [queued, join(root, 'part-1'), join(root, 'part-2')]) {
    const cells = await bench('run', '--config', config, '--out', out, '--prepare');
    expect(cells.trim().split('\n')).toEqual(CELLS.map((cell) => `distill-bench train ${out} ${cell}`));
  }
  await bench('run', '--config', config, '--out', alone);
}, 300_000);
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

it('shards of a study come to the same as one process, brought together', { timeout: 300_000 }, async () => {
  const trained: string[] = [];
  for (const part of [1, 2]) {
    const folder = join(root, `part-${part}`);
    const { all } = await readRunCells(folder);
    for (const { name } of shardOf(all, parseShard(`${part}/2`))) {
      expect(await trainCell(folder, name, { log: keptLog() })).toBe(true);
      trained.push(name);
    }
  }
  // Each has a student with its trials, and what both need: the teacher.
  expect(trained.filter((name) => name.endsWith('kd/0')).sort()).toEqual(
    TASKS.map((task) => `${task}/kd/0`).sort(),
  );
  const text = await bench('merge', join(root, 'part-1'), join(root, 'part-2'), '--into', merged);
  expect(text).toContain(`${CELLS.length} of ${CELLS.length} cells are done`);
  expect(outcomeOf(merged)).toEqual(outcomeOf(alone));
});

describe.skipIf(noRedis !== undefined)(`a study in a queue (${noRedis ?? 'Redis'})`, () => {
  it('gives the same results as one process, trials before students', { timeout: 300_000 }, async () => {
    const server = await startRedis();
    const connection = await connectQueue(server.url);
    try {
      const flags = ['--queue', server.url, '--root', root];
      expect(await bench('submit', queued, ...flags)).toContain('8 cells: 0 done, 1 in the queue wasm');
      const begun: string[] = [];
      const start = ([command, folder = '', cell = 'report']: readonly string[]): CellProcess => {
        begun.push(cell);
        const work =
          command === 'report' ? writeStudyReport(folder) : trainCell(folder, cell, { log: keptLog() });
        return {
          ended: work.then(
            () => ({ state: 'done' as const }),
            (error: unknown) => ({ state: 'failed' as const, reason: String(error) }),
          ),
          stop: () => undefined,
          kill: () => undefined,
          lease: () => undefined,
        };
      };
      await runQueueWorker({
        connection,
        root,
        capability: 'wasm',
        jobs: 1,
        start,
        say: () => undefined,
        signal: new AbortController().signal,
        untilEmpty: true,
      });
      expect([...begun].sort()).toEqual([...CELLS, 'report'].sort());
      for (const task of TASKS) {
        const at = (cell: string): number => begun.indexOf(`${task}/${cell}`);
        expect(at('teacher')).toBeLessThan(at('tune/kd/0/1000000007'));
        expect(Math.max(at('tune/kd/0/1000000007'), at('tune/kd/1/1000000007'))).toBeLessThan(at('kd/0'));
      }
      const watched = JSON.parse(await bench('watch', queued, ...flags, '--json')) as object;
      expect(watched).toMatchObject({ cells: 8, done: 8, running: [], aside: {}, isOpen: false });
      expect(outcomeOf(queued)).toEqual(outcomeOf(alone));
    } finally {
      await connection.close();
      server.stop();
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunCells } from '../../src/cell/run-cells.js';
import { watchCells } from '../../src/cell/run-watch.js';
import { watchText } from '../../src/cli/watch-command.js';
import { connectQueue, runQueueWorker, submitRun, watchQueue } from '../../src/queue/index.js';
import type { QueueConnection } from '../../src/queue/index.js';
import { noRedis, startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';
import { prepareRun, stubWork } from './stub-run.js';

/** `npm run queue-faults -- --kills 0 --cells N` sets it. */
const CELLS = Number(process.env['QUEUE_CELLS'] ?? 200);
const METHODS = Math.min(100, CELLS);
const SEEDS = Math.max(1, Math.round(CELLS / METHODS));
const WORKERS = 3;
/** Cells at a time of each. */
const JOBS = 4;

const root = mkdtempSync(join(tmpdir(), 'queue-many-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe.skipIf(noRedis !== undefined)(`very many cells (${noRedis ?? 'Redis'})`, () => {
  let server: RedisServer;
  let connection: QueueConnection;
  beforeAll(async () => {
    server = await startRedis();
    connection = await connectQueue(server.url);
  }, 30_000);
  afterAll(async () => {
    await (connection as QueueConnection | undefined)?.close();
    server.stop();
  });

  const redisBytes = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await connection.redis.info('memory'))?.[1]);

  it(
    'go through the queue once each, in flat memory, and can be watched',
    { timeout: 3_600_000 },
    async () => {
      const folder = join(root, 'run');
      const methods = Array.from({ length: METHODS }, (_, at) => `m${at}`);
      prepareRun(
        folder,
        methods,
        Array.from({ length: SEEDS }, (_, seed) => seed),
      );
      const total = METHODS * SEEDS + 1;
      const empty = await redisBytes();
      const began = performance.now();
      await submitRun(connection, { folder });
      const submitted = performance.now();

      const { start, begun } = stubWork(() => 'done');
      const signal = new AbortController().signal;
      const options = { root, capability: 'wasm', jobs: JOBS, start, signal, say: () => undefined } as const;
      const sizes: { readonly process: number; readonly redis: number }[] = [];
      const sample = setInterval(() => {
        void redisBytes().then((redis) => sizes.push({ process: process.memoryUsage().heapUsed, redis }));
      }, 250);
      const workers = Array.from({ length: WORKERS }, () =>
        runQueueWorker({ connection, ...options, untilEmpty: true, lock: 30_000 }),
      );
      const look = watchCells(await readRunCells(folder));
      const counts = await watchQueue(connection, folder, root, await readRunCells(folder));
      const watched = performance.now();
      const first = watchText(await look(), await counts.look());
      const looked = performance.now() - watched;
      expect(first).toMatch(new RegExp(`^\\d+ of ${total} done`));
      await Promise.all(workers);
      clearInterval(sample);
      const seconds = (performance.now() - submitted) / 1000;

      expect(begun.length).toBe(total + 1);
      expect(new Set(begun).size).toBe(total + 1);
      expect(begun.at(-1)).toBe('report');
      const snapshot = await look();
      expect(snapshot).toMatchObject({ cells: total, done: total, running: [] });
      const { aside, isOpen } = await counts.look();
      expect({ aside, isOpen }).toEqual({ aside: {}, isOpen: false });
      await counts.close();
      // What is done leaves nothing but the run's own entry, and events that are cut at a thousand.
      const after = (await redisBytes()) - empty;
      const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
      console.info(
        [
          `${total} cells: submitted in ${((submitted - began) / 1000).toFixed(2)} s,`,
          `${Math.round(total / seconds)} cells a second with ${WORKERS} workers of ${JOBS},`,
          `first look ${looked.toFixed(0)} ms;`,
          `heap at most ${mib(Math.max(...sizes.map((size) => size.process)))},`,
          `Redis at most ${mib(Math.max(...sizes.map((size) => size.redis)))}, ${mib(after)} more than before at the end.`,
        ].join(' '),
      );
      expect(after).toBeLessThan(4 * 2 ** 20);
    },
  );
});

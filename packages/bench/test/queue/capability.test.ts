import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveEngine } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellProcess } from '../../src/cell/cell-process.js';
import { readRunCells } from '../../src/cell/run-cells.js';
import { watchCells } from '../../src/cell/run-watch.js';
import { trainCell } from '../../src/cell/train-cell.js';
import { main } from '../../src/cli.js';
import { watchText } from '../../src/cli/watch-command.js';
import { connectQueue } from '../../src/queue/connection.js';
import { runQueueWorker, submitRun, watchQueue } from '../../src/queue/index.js';
import type { Capability, QueueConnection } from '../../src/queue/index.js';
import { readMethodResult } from '../../src/run/stored.js';
import { TINY_RUN } from '../run/tiny-run.js';
import { keptLog } from '../run/tiny-bench.js';
import { noRedis, startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';
import { prepareRun, stubWork } from './stub-run.js';

const root = mkdtempSync(join(tmpdir(), 'queue-capability-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe.skipIf(noRedis !== undefined)(`queues by capability (${noRedis ?? 'Redis'})`, () => {
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

  const work = async (
    capability: Capability,
    start: (args: readonly string[]) => CellProcess,
  ): Promise<void> => {
    await runQueueWorker({
      connection,
      root,
      capability,
      jobs: 1,
      start,
      say: () => undefined,
      signal: new AbortController().signal,
      untilEmpty: true,
    });
  };
  const watched = async (folder: string): Promise<string> => {
    const cells = await readRunCells(folder);
    const queue = await watchQueue(connection, folder, root, cells);
    const text = watchText(await watchCells(cells)(), await queue.look());
    await queue.close();
    return text;
  };

  it(
    'a worker takes cells of its own engine, and those of others wait with a word',
    { timeout: 60_000 },
    async () => {
      const [onNode, onGpu] = [join(root, 'on-node'), join(root, 'on-gpu')];
      prepareRun(onNode, ['kd'], [0], 'node');
      prepareRun(onGpu, ['kd', 'dkd'], [0], 'node-gpu');
      expect(await submitRun(connection, { folder: onNode })).toMatchObject({ capabilities: ['node'] });
      expect(await submitRun(connection, { folder: onGpu })).toMatchObject({ capabilities: ['gpu'] });
      const [wasm, node] = [stubWork(() => 'done'), stubWork(() => 'done')];
      await work('wasm', wasm.start);
      expect(wasm.begun).toEqual([]);
      expect(await watched(onNode)).toContain('1 cell waits for a worker of queue node');
      await work('node', node.start);
      expect(node.begun).toEqual(['teacher', 'kd/0', 'report']);
      const text = await watched(onGpu);
      expect(text).toContain('Queue gpu: 0 workers, 0 at work, 1 waiting');
      expect(text).toMatch(
        /^1 cell waits for a worker of queue gpu: start `distill-bench worker --capability gpu` on a machine that has it$/m,
      );
      const gpu = stubWork(() => 'done');
      await work('gpu', gpu.start);
      expect([...gpu.begun].sort()).toEqual(['dkd/0', 'kd/0', 'report', 'teacher']);
      expect(await watched(onGpu)).not.toContain('waits for');
    },
  );

  it('a run on the native engine is trained there', { timeout: 180_000 }, async ({ skip }) => {
    const engine = await resolveEngine('node').catch(() => undefined);
    if (engine === undefined) return skip('needs @tensorflow/tfjs-node');
    const folder = join(root, 'native');
    const flags = ['--engine', 'node', '--methods', 'kd', '--seeds', '0', '--epochs', '1'];
    expect(await main(['run', ...TINY_RUN, ...flags, '--out', folder, '--prepare'])).toBe(0);
    await submitRun(connection, { folder });
    const begun: string[] = [];
    await work('node', ([command, run = '', cell = 'report']) => {
      begun.push(cell);
      const training = command === 'train' ? trainCell(run, cell, { log: keptLog() }) : Promise.resolve();
      return {
        ended: training.then(
          () => ({ state: 'done' as const }),
          (error: unknown) => ({ state: 'failed' as const, reason: String(error) }),
        ),
        stop: () => undefined,
        kill: () => undefined,
        lease: () => undefined,
      };
    });
    expect(begun).toEqual(['teacher', 'kd/0', 'report']);
    const cell = (await readRunCells(folder)).find('kd/0');
    const { folder: run } = cell ?? {};
    const result = run && (await readMethodResult(run.student('kd', 0), 'kd', 0));
    expect(result).toMatchObject({
      method: 'kd',
      madeWith: { engine: expect.stringMatching(/^node /) as unknown },
    });
  });
});

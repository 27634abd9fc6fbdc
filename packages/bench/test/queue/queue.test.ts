import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { folderOfJob, identifyRun } from '../../src/queue/cell-job.js';
import { connectQueue, queueAddress } from '../../src/queue/connection.js';
import { openQueue, runQueueWorker, submitRun } from '../../src/queue/index.js';
import type { QueueConnection, QueueWorkerOptions } from '../../src/queue/index.js';
import { refusal } from '../run/tiny-bench.js';
import { noRedis, startRedis } from './redis-server.js';
import type { RedisServer } from './redis-server.js';
import { prepareRun, stubWork } from './stub-run.js';
import type { Behaviour } from './stub-run.js';

const root = mkdtempSync(join(tmpdir(), 'queue-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('the address of a queue', () => {
  it('is shown without its password, and refused without it', () => {
    expect(queueAddress('rediss://me:secret@host.example:7000/2')).toMatchObject({
      shown: 'rediss://host.example:7000/2',
    });
    expect(queueAddress('redis://[::1]').shown).toBe('redis://[::1]:6379');
    const wrong = [
      '',
      'secret',
      'http://me:secret@host',
      'redis://me:secret@host/x',
      'redis://:sec#ret@host',
    ];
    for (const address of wrong) {
      let message = '';
      try {
        queueAddress(address);
      } catch (error) {
        message = String(error);
      }
      expect(message, address).toMatch(/--queue: expected redis:\/\//);
      expect(message).not.toContain('secret');
    }
  });

  it('may come from the environment', () => {
    vi.stubEnv('DISTILLJS_QUEUE', 'redis://one');
    expect(queueAddress(undefined).shown).toBe('redis://one:6379');
    vi.unstubAllEnvs();
  });

  it('where nothing answers is named', async () => {
    const said = await refusal(connectQueue('redis://me:secret@127.0.0.1:1', { patience: 0 }));
    expect(said).toMatch(/--queue redis:\/\/127.0.0.1:1: .*ECONNREFUSED/);
    expect(said).not.toContain('secret');
  });
});

describe('a job', () => {
  it('means a submitted run folder below the root, and nothing else', async () => {
    const [own, outside] = [join(root, 'paths/own'), join(root, 'outside')];
    const below = join(root, 'paths');
    prepareRun(own, ['kd'], [0]);
    prepareRun(outside, ['kd'], [0]);
    const { run, id } = await identifyRun(own, below, true);
    expect(run).toBe('own');
    expect(await identifyRun(own, below, true)).toMatchObject({ id });
    expect(await folderOfJob({ run, id }, below)).toBe(own);
    const { id: other } = await identifyRun(outside, root, true);
    symlinkSync(outside, join(below, 'link'));
    for (const path of [
      '../outside',
      'own/../../outside',
      '/etc',
      'link',
      'own/',
      './own',
      'a\\b',
      'nothing',
    ])
      expect(await refusal(folderOfJob({ run: path, id: other }, below)), path).toMatch(
        /job of|expected a folder/,
      );
    expect(await refusal(folderOfJob({ run, id: other }, below))).toContain('another at this place');
    expect(await refusal(identifyRun(outside, below, true))).toContain('--root: expected a folder above');
  });
});

describe.skipIf(noRedis !== undefined)(`a queue (${noRedis ?? 'Redis'})`, { timeout: 60_000 }, () => {
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

  let runs = 0;
  const prepare = (methods: readonly string[], seeds: readonly number[] = [0]): string => {
    const folder = join(root, `run-${++runs}`);
    prepareRun(folder, methods, seeds);
    return folder;
  };
  async function work(
    behaviour: (cell: string, begun: number) => Behaviour,
    options: Partial<QueueWorkerOptions> = {},
  ): Promise<{ begun: readonly string[]; said: string[]; leases: readonly number[] }> {
    const said: string[] = [];
    const { start, begun, leases } = stubWork(behaviour);
    await runQueueWorker({
      connection,
      root,
      capability: 'wasm',
      jobs: 2,
      start,
      say: (text) => void said.push(text),
      signal: new AbortController().signal,
      untilEmpty: true,
      lock: 1000,
      backoff: 10,
      ...options,
    });
    return { begun, said, leases };
  }
  const failed = async (): Promise<readonly string[]> => {
    const queue = openQueue(connection, 'wasm');
    const jobs = await queue.getFailed();
    await queue.close();
    return jobs.map(({ failedReason }) => failedReason);
  };

  it('asks for its password, which no message shows', async () => {
    const guarded = await startRedis(['--requirepass', 'se%cret']);
    const address = (password: string): string =>
      guarded.url.replace('//', `//:${encodeURIComponent(password)}@`);
    try {
      for (const url of [guarded.url, address('wrong-secret')]) {
        const said = await refusal(connectQueue(url));
        expect(said).toContain('got a server that wants another user or password');
        expect(said).not.toContain('secret');
      }
      const inside = await connectQueue(address('se%cret'));
      expect(await inside.redis.ping()).toBe('PONG');
      expect(inside.shown).toBe(guarded.url);
      await inside.close();
    } finally {
      guarded.stop();
    }
  });

  it('hands out the teacher first, then the students, then the report, each once', async () => {
    const folder = prepare(['a', 'b'], [0, 1]);
    const submitted = await submitRun(connection, { folder });
    expect(submitted).toEqual({ cells: 5, done: 0, ready: 1, capabilities: ['wasm'] });
    // What is queued is not queued twice.
    await submitRun(connection, { folder });
    const { begun } = await work(() => 'done');
    expect(begun[0]).toBe('teacher');
    expect(begun.at(-1)).toBe('report');
    expect([...begun].sort()).toEqual(['a/0', 'a/1', 'b/0', 'b/1', 'report', 'teacher']);
    // What is done is not done again; the report is.
    expect(await submitRun(connection, { folder })).toMatchObject({ done: 5, ready: 0 });
    expect((await work(() => 'done')).begun).toEqual(['report']);
  });

  it('tries what fails again, and sets aside what never finishes an epoch, by name', async () => {
    const folder = prepare(['poison', 'slow', 'nan', 'a']);
    await submitRun(connection, { folder, attempts: 2 });
    const { begun, said } = await work((cell, attempt) => {
      if (cell === 'poison/0') return 'failed';
      if (cell === 'nan/0') return 'diverged';
      if (cell !== 'slow/0' || attempt > 4) return 'done';
      return (process) => {
        void process.epoch().then(() => {
          process.end({ state: 'failed', reason: 'ended by SIGKILL' });
        });
      };
    });
    const times = (name: string): number => begun.filter((each) => each === name).length;
    expect(['teacher', 'poison/0', 'nan/0', 'slow/0', 'a/0', 'report'].map(times)).toEqual([
      1, 2, 1, 5, 1, 1,
    ]);
    expect(begun.at(-1)).toBe('report');
    expect(said.filter((text) => text.includes('aside')).sort()).toEqual([
      expect.stringMatching(/^nan\/0 of run-\d+ is set aside: nan\/0 diverged$/),
      expect.stringMatching(/^poison\/0 of run-\d+ is set aside: poison\/0 failed$/),
    ]);
    expect((await failed()).length).toBe(2);
    // Submitted again, they are tried again.
    await submitRun(connection, { folder });
    expect(await failed()).toEqual([]);
    expect([...(await work(() => 'done')).begun].sort()).toEqual(['nan/0', 'poison/0', 'report']);
  });

  it('sets aside the cells that wait for a teacher that is set aside', async () => {
    const folder = prepare(['a', 'b']);
    await submitRun(connection, { folder, attempts: 1 });
    const { begun } = await work((cell) => (cell === 'teacher' ? 'failed' : 'done'));
    expect(begun).toEqual(['teacher', 'report']);
    const [key = ''] = await connection.redis.keys('distilljs:run:*:aside');
    expect(await connection.redis.hgetall(key)).toEqual({
      teacher: 'teacher failed',
      'a/0': 'waits for teacher',
      'b/0': 'waits for teacher',
    });
    await submitRun(connection, { folder });
    expect((await work(() => 'done')).begun).toEqual([
      'teacher',
      expect.anything(),
      expect.anything(),
      'report',
    ]);
  });

  it('gets cells back from a worker that is stopped, and these do not count as attempts', async () => {
    const folder = prepare(['a']);
    await submitRun(connection, { folder, attempts: 1 });
    for (let times = 0; times < 3; times++) {
      const stop = new AbortController();
      const { said } = await work(
        () => (process) => {
          stop.abort();
          void process.stopped.then(() => {
            process.end({ state: 'interrupted' });
          });
        },
        { signal: stop.signal, untilEmpty: false },
      );
      expect(said).toEqual([expect.stringMatching(/^teacher of run-\d+ goes back into the queue$/)]);
    }
    expect((await work(() => 'done')).begun).toEqual(['teacher', 'a/0', 'report']);
  });

  it('kills a training whose lock is lost, and gives the cell out again, however often', async () => {
    const folder = prepare(['a']);
    await submitRun(connection, { folder, attempts: 10 });
    let lost = 0;
    const { begun, leases } = await work((cell, attempt) => {
      if (cell !== 'teacher' || attempt > 3) return 'done';
      return (process) => {
        void process.killed.then(() => (lost += 1));
        // Another process has the lock, as after a worker that stood still.
        setTimeout(() => {
          void connection.redis
            .keys('distilljs:wasm:*teacher:lock')
            .then(([key = '']) => connection.redis.set(key, 'another', 'PX', 1500));
        }, 100);
      };
    });
    expect(lost).toBe(3);
    expect(begun).toEqual(['teacher', 'teacher', 'teacher', 'teacher', 'a/0', 'report']);
    expect(leases.every((lease) => lease > 0 && lease < 1000)).toBe(true);
  });

  it('leaves a cell alone that another process works at, and does not count that as an attempt', async () => {
    const folder = prepare(['a']);
    const lock = join(folder, 'a/0/lock.json');
    mkdirSync(join(folder, 'a/0'), { recursive: true });
    writeFileSync(lock, JSON.stringify({ pid: 1, host: 'another', since: '2026-01-01T00:00:00.000Z' }));
    await submitRun(connection, { folder, attempts: 1 });
    const { begun } = await work((cell) => {
      if (cell !== 'a/0' || begunTimes++ > 0) return 'done';
      setTimeout(() => {
        rmSync(lock);
      }, 500);
      return 'failed';
    });
    expect(begun).toEqual(['teacher', 'a/0', 'a/0', 'report']);
  });
  let begunTimes = 0;

  it('holds nothing of a run but names, and no password', async () => {
    const folder = prepare(['a', 'b'], [0, 1, 2]);
    await submitRun(connection, { folder });
    const { redis } = connection;
    const sizes = await Promise.all(
      (await redis.keys('*')).map(async (key) => Number(await redis.memory('USAGE', key, 'SAMPLES', 0))),
    );
    expect(Math.max(...sizes)).toBeLessThan(100_000);
    await work(() => 'done');
    expect(readFileSync(join(folder, 'queue.json'), 'utf8')).not.toContain('redis');
  });

  it('refuses jobs that are of another version, or lead elsewhere', async () => {
    const queue = openQueue(connection, 'wasm');
    const id = '00000000-0000-4000-8000-000000000000';
    const data = { version: 1, run: '../elsewhere', id, cell: 'teacher', attempts: 3 };
    await queue.add('cell', data, { jobId: 'elsewhere' });
    await queue.add('cell', { ...data, command: 'rm -rf /' }, { jobId: 'command' });
    const { begun } = await work(() => 'done');
    expect(begun).toEqual([]);
    expect([...(await failed())].sort()).toEqual([
      expect.stringContaining('job of ../elsewhere: expected a path below the root'),
      expect.stringContaining('job: expected a cell of a run'),
    ]);
    await queue.close();
  });
});

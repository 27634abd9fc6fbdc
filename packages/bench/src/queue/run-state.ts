import type * as Bullmq from 'bullmq';
import { hasResult } from '../cell/run-cells.js';
import type { RunCell, RunCells } from '../cell/run-cells.js';
import { capabilityOf, jobId } from './cell-job.js';
import type { CellJob, QueuedRun } from './cell-job.js';
import { openQueue, PREFIX } from './connection.js';
import type { Capability, QueueConnection } from './connection.js';

/** Jobs or names that go to Redis in one command. */
const AT_ONCE = 500;

/** The remaining cells of a run and those set aside. Jobs are added when their prerequisites are done. */
export interface RunState {
  /** Adds cells to the queue whose prerequisites are done. */
  add(cells: readonly RunCell[]): Promise<void>;
  /** Marks a cell as done: adds the cells that waited only for it and, after the last cell, the report. */
  done(cell: RunCell, cells: RunCells): Promise<void>;
  /** Sets a cell aside, with all cells that wait for it. */
  setAside(cell: RunCell, reason: string, cells: RunCells): Promise<void>;
  /** Sets the remaining cells, and clears those set aside. */
  begin(left: readonly RunCell[], total: number): Promise<void>;
  /** Adds the report if no cell is left. */
  reportIfLast(): Promise<void>;
  left(): Promise<number>;
  /** Reasons by cell. */
  asideCells(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/**
 * The state of a run in Redis. Every change is idempotent: a worker killed between two changes leaves its job in the queue, and the next
 * worker that takes the job repeats them.
 */
export function runState(
  connection: QueueConnection,
  { run, id, key }: QueuedRun,
  { capability, attempts }: { readonly capability: Capability; readonly attempts: number },
): RunState {
  const { redis } = connection;
  const leftKey = `${PREFIX}:run:${key}:left`;
  const asideKey = `${PREFIX}:run:${key}:aside`;
  const queues = new Map<Capability, Bullmq.Queue>();
  const queueOf = (wanted: Capability): Bullmq.Queue => {
    const queue = queues.get(wanted) ?? openQueue(connection, wanted);
    queues.set(wanted, queue);
    return queue;
  };

  const isLeft = async (names: readonly string[]): Promise<readonly boolean[]> =>
    names.length === 0 ? [] : (await redis.smismember(leftKey, [...names])).map((found) => found === 1);

  const add = async (cells: readonly RunCell[]): Promise<void> => {
    for (const part of parts(cells))
      for (const [wanted, ofQueue] of groups(part))
        await queueOf(wanted).addBulk(
          ofQueue.map(({ name }) => ({
            name: 'cell',
            data: { version: 1, run, id, cell: name, attempts } satisfies CellJob,
            opts: jobOptions(jobId(key, name)),
          })),
        );
  };
  const reportIfLast = async (): Promise<void> => {
    if ((await redis.scard(leftKey)) > 0) return;
    const data: CellJob = { version: 1, run, id, cell: null, attempts };
    await queueOf(capability).add('report', data, jobOptions(jobId(key, null)));
  };

  return {
    add,
    reportIfLast,
    async done(cell, cells) {
      await Promise.all([redis.srem(leftKey, cell.name), redis.hdel(asideKey, cell.name)]);
      for (const part of parts(cells.waitingFor(cell.name))) {
        const left = await isLeft(part.map(({ name }) => name));
        const ready: RunCell[] = [];
        for (const [at, follower] of part.entries()) {
          if (left[at] !== true) continue;
          const others = follower.after.filter((name) => name !== cell.name);
          if ((await isLeft(others)).includes(true)) continue;
          if (
            others.length === 0 ||
            !(await redis.hmget(asideKey, ...others)).some((reason) => reason !== null)
          )
            ready.push(follower);
        }
        await add(ready);
      }
      await reportIfLast();
    },
    async setAside(cell, reason, cells) {
      const reasons = new Map([[cell.name, reason]]);
      // Iterating a map includes entries added on the way.
      for (const name of reasons.keys())
        for (const waiting of cells.waitingFor(name))
          if (!reasons.has(waiting.name)) reasons.set(waiting.name, `waits for ${name}`);
      for (const part of parts([...reasons])) {
        await redis.hset(asideKey, Object.fromEntries(part));
        await redis.srem(leftKey, ...part.map(([name]) => name));
      }
      await reportIfLast();
    },
    async begin(left, total) {
      const wanted = new Set(left.map(({ name }) => name));
      const stale = (await redis.smembers(leftKey)).filter((name) => !wanted.has(name));
      for (const part of parts(stale)) await redis.srem(leftKey, ...part);
      for (const part of parts([...wanted])) await redis.sadd(leftKey, ...part);
      await redis.del(asideKey);
      await redis.hset(`${PREFIX}:run:${key}`, { run, id, total });
    },
    left: async () => await redis.scard(leftKey),
    asideCells: async () => await redis.hgetall(asideKey),
    async close() {
      for (const queue of queues.values()) await queue.close();
    },
  };
}

/** Options of a job; the worker counts attempts itself. */
const jobOptions = (id: string): Bullmq.JobsOptions => ({
  jobId: id,
  attempts: 1_000_000,
  backoff: { type: 'custom' },
  removeOnComplete: true,
  removeOnFail: false,
  stackTraceLimit: 1,
});

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield all.slice(at, at + AT_ONCE);
}

function groups(cells: readonly RunCell[]): ReadonlyMap<Capability, readonly RunCell[]> {
  const found = new Map<Capability, RunCell[]>();
  for (const cell of cells) {
    const wanted = capabilityOf(cell.engine);
    found.set(wanted, [...(found.get(wanted) ?? []), cell]);
  }
  return found;
}

/** The finished ones among many cells, checked some hundred at a time. */
export async function doneCells(cells: readonly RunCell[]): Promise<ReadonlySet<string>> {
  const done = new Set<string>();
  for (const part of parts(cells))
    await Promise.all(
      part.map(async (cell) => {
        if (await hasResult(cell)) done.add(cell.name);
      }),
    );
  return done;
}

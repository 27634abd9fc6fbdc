import { setTimeout as wait } from 'node:timers/promises';
import type * as Bullmq from 'bullmq';
import type { CellJob } from './cell-job.js';
import { jobWork } from './cell-work.js';
import type { Underway, WorkOptions } from './cell-work.js';
import { openQueue, PREFIX } from './connection.js';

export interface QueueWorkerOptions extends Omit<WorkOptions, 'lock'> {
  /** Ends the worker when the queue has nothing left. Default: false. */
  readonly untilEmpty?: boolean | undefined;
  /** A worker that is not heard of for so long, in milliseconds, has lost its cells. Default: 30 s. */
  readonly lock?: number | undefined;
  /** Before the second attempt, in milliseconds; twice as long before each further one. Default: 5 s. */
  readonly backoff?: number | undefined;
}

const LOCK = 30_000;
const BACKOFF = 5000;
const LONGEST_BACKOFF = 10 * 60_000;
/** Longest wait for the queue's last answers, in milliseconds. */
const LONGEST_CLOSE = 5000;
/** Between two looks at a queue that may be empty, in milliseconds. */
const LOOK = 500;

/**
 * Works at the cells of a queue until the signal ends it. A training is a process of its own; this one only renews locks, so that
 * no busy loop keeps it from that. A cell whose lock is lost is killed: another worker has it, or will.
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<void> {
  const { connection, capability, jobs, signal, say, lock = LOCK, backoff = BACKOFF } = options;
  const underway = new Map<string, Underway>();
  const work = jobWork({ ...options, lock }, underway);
  const worker = new connection.bullmq.Worker(capability, work, {
    connection: connection.redis,
    prefix: PREFIX,
    concurrency: jobs,
    lockDuration: lock,
    stalledInterval: lock,
    // The default, 1, gives a cell up whose workers were killed twice. Attempts are counted here, by the epochs they finish.
    maxStalledCount: 1_000_000,
    skipVersionCheck: true,
    drainDelay: 2,
    autorun: false,
    settings: {
      backoffStrategy: (_made, _type, _error, job) =>
        Math.min(LONGEST_BACKOFF, backoff * 2 ** ((Number((job?.data as Partial<CellJob>).begun) || 1) - 1)),
    },
  });
  worker.on('error', (error) => {
    // Losses of the connection are told once, by the connection; losses of locks here.
    if (/could not renew lock|Missing lock|Lock mismatch|not in the active state/i.test(error.message))
      return;
    if (!/ECONN|EPIPE|Connection is closed|LOADING|ETIMEDOUT/i.test(String(error)))
      say(`Warning: ${error.message}`);
  });
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) lose(underway.get(id));
  });
  worker.on('locksRenewed', ({ jobIds }) => {
    for (const id of jobIds) {
      const job = underway.get(id);
      if (job === undefined) continue;
      job.renewed = Date.now();
      job.process.lease(SHARE_OF_LEASE * lock);
    }
  });
  // The queue may be out of reach, or this process may have stood still.
  const guard = setInterval(() => {
    for (const job of underway.values()) if (Date.now() - job.renewed > lock) lose(job);
  }, lock / 10);
  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      for (const { process } of underway.values()) process.stop();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  const running = worker.run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  try {
    await Promise.race([
      stopped,
      running,
      ...(options.untilEmpty === true ? [emptied(options, underway)] : []),
    ]);
  } finally {
    await closed(worker, underway);
    clearInterval(guard);
  }
}

/** A training ends itself before its lock does. */
const SHARE_OF_LEASE = 0.8;

/** What it would write now, another worker may be writing. */
function lose(job: Underway | undefined): void {
  if (job === undefined || job.isLost) return;
  job.isLost = true;
  job.process.kill();
}

/** Without Redis nothing can be given back: the lock ends by itself. */
async function closed(worker: Bullmq.Worker, underway: ReadonlyMap<string, Underway>): Promise<void> {
  await worker.pause(true);
  while (underway.size > 0) await wait(50);
  const closing = worker.close().then(() => true);
  const isClosed = await Promise.race([closing, wait(LONGEST_CLOSE, false, { ref: false })]);
  if (!isClosed) await worker.disconnect();
}

async function emptied(
  { connection, capability, signal }: QueueWorkerOptions,
  underway: ReadonlyMap<string, Underway>,
): Promise<void> {
  const queue = openQueue(connection, capability);
  const aborted = (): boolean => signal.aborted;
  try {
    while (!aborted()) {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized');
      if (underway.size === 0 && Object.values(counts).every((count) => count === 0)) return;
      await wait(LOOK, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await queue.close();
  }
}

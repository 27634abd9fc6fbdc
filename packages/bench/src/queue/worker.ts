import { setTimeout as wait } from 'node:timers/promises';
import type * as Bullmq from 'bullmq';
import type { CellJob } from './cell-job.js';
import { jobWork } from './cell-work.js';
import type { Underway, WorkOptions } from './cell-work.js';
import { openQueue, PREFIX } from './connection.js';

export interface QueueWorkerOptions extends Omit<WorkOptions, 'lock'> {
  /** Ends the worker when the queue has nothing left. Default: false. */
  readonly untilEmpty?: boolean | undefined;
  /** Milliseconds of silence after which a worker loses its cells. Default: 30,000. */
  readonly lock?: number | undefined;
  /** Milliseconds before the second attempt, doubled before each further one. Default: 5,000. */
  readonly backoff?: number | undefined;
}

const LOCK = 30_000;
const BACKOFF = 5000;
const LONGEST_BACKOFF = 10 * 60_000;
/** Longest wait for the queue's last answers, in milliseconds. */
const LONGEST_CLOSE = 5000;
/** Milliseconds between two checks for an empty queue. */
const LOOK = 500;

/**
 * Trains the cells of a queue until the signal ends it. Trainings run in separate processes, so that no busy loop keeps this process from
 * renewing locks. A cell whose lock is lost is killed: another worker has it, or will.
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
    // The default, 1, gives up a cell whose workers were killed twice. Attempts are counted here, by finished epochs.
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
    // The connection reports its losses once; lost locks are handled here.
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
  // The queue may be unreachable, or this process may have been suspended.
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

/** Share of the lock's time after which a training ends itself, before the lock expires. */
const SHARE_OF_LEASE = 0.8;

/** Kills a job whose lock is lost: another worker may already write the same files. */
function lose(job: Underway | undefined): void {
  if (job === undefined || job.isLost) return;
  job.isLost = true;
  job.process.kill();
}

/** Closes the worker. Without Redis nothing can be given back: the locks expire. */
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

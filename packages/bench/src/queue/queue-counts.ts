import type { RunCells } from '../cell/run-cells.js';
import { capabilityOf, identifyRun, jobId } from './cell-job.js';
import type { Capability, QueueConnection } from './connection.js';
import { openQueue } from './connection.js';
import { runState } from './run-state.js';

/** The state of a run in the queues. */
export interface QueueSnapshot {
  /** Jobs of all runs by queue; runs share the queues. */
  readonly queues: Readonly<Record<string, QueueCounts>>;
  /** Why cells were set aside, by name. */
  readonly aside: Readonly<Record<string, string>>;
  /** Whether the run was submitted here and its report is still to come. */
  readonly isOpen: boolean;
}

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  /** Waiting for their next attempt. */
  readonly delayed: number;
  readonly workers: number;
}

/** Takes snapshots of a run's queues repeatedly, with a few commands each. */
export async function watchQueue(
  connection: QueueConnection,
  folder: string,
  root: string,
  { all }: RunCells,
): Promise<{ look(): Promise<QueueSnapshot>; close(): Promise<void> }> {
  const queued = await identifyRun(folder, root, false);
  const capabilities = [...new Set(all.map(({ engine }) => capabilityOf(engine)))];
  const first: Capability = capabilities[0] ?? 'wasm';
  const state = runState(connection, queued, { capability: first, attempts: 1 });
  const queues = capabilities.map((name) => [name, openQueue(connection, name)] as const);
  return {
    async look() {
      const [left, aside, ...counts] = await Promise.all([
        state.left(),
        state.asideCells(),
        ...queues.map(async ([name, queue]) => {
          const {
            waiting = 0,
            active = 0,
            delayed = 0,
          } = await queue.getJobCounts('waiting', 'active', 'delayed');
          return [name, { waiting, active, delayed, workers: await queue.getWorkersCount() }] as const;
        }),
      ]);
      const report = await queues.find(([name]) => name === first)?.[1].getJobState(jobId(queued.key, null));
      const isReportDue = report !== undefined && !['unknown', 'failed', 'completed'].includes(report);
      return { queues: Object.fromEntries(counts), aside, isOpen: left > 0 || isReportDue };
    },
    async close() {
      await state.close();
      for (const [, queue] of queues) await queue.close();
    },
  };
}

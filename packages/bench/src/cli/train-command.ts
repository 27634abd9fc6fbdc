import { isDistillError } from '@distilljs/core';
import { trainCell } from '../cell/train-cell.js';
import { AT_A_TIME } from '../cell/train-cells.js';
import type { CellMessage, LeaseMessage } from '../cell/cell-process.js';
import type { RunLog } from '../run/run-context.js';
import { EXIT } from './exit-code.js';
import type { ExitCode } from './exit-code.js';
import { collectSeldom } from './garbage.js';
import { stopSignal } from './stop-signal.js';
import { terminalLog } from './terminal-log.js';

/** `distill-bench train`. A process that `run --jobs` started tells it what happens, in place of the terminal. */
export async function trainCommand(root: string, cell: string, takesOver: boolean): Promise<ExitCode> {
  collectSeldom();
  // Any program may start this with a channel of its own, which is not ours to listen on or to let go.
  const isChild = process.send !== undefined && process.env[AT_A_TIME] !== undefined;
  const tell = isChild ? toParent() : undefined;
  const log = tell === undefined ? terminalLog() : parentLog(tell);
  const signal = stopSignal(tell === undefined ? log.say.bind(log) : () => undefined);
  try {
    const atATime = Number(process.env[AT_A_TIME] ?? 1);
    // The one before may be a child of a process that was killed, which ends after its step.
    const patience = tell === undefined ? 0 : PATIENCE;
    if (await trainCell(root, cell, { log, signal, atATime, takesOver, patience })) return EXIT.done;
  } catch (error) {
    if (isDistillError(error)) tell?.({ kind: 'failed', code: error.code, message: error.message });
    throw error;
  }
  log.say(`Stopped; everything done is in ${root}. Go on with the same command.`);
  return EXIT.interrupted;
}

/** Milliseconds that a cell's lock is waited for. */
const PATIENCE = 120_000;

type Tell = (message: CellMessage) => void;

function toParent(): Tell {
  // Whoever started this may be killed: the training then ends as after a SIGTERM, with its checkpoint.
  process.once('disconnect', () => process.emit('SIGTERM'));
  endWithLease();
  process.channel?.unref();
  return (message) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
}

/**
 * A worker that holds the cell by a lock in a queue sends leases as long as it has the lock. When they stay away, because the
 * worker stands still or has lost the queue, another worker may begin: this one ends first.
 */
function endWithLease(): void {
  let timer: NodeJS.Timeout | undefined;
  process.on('message', ({ kind, milliseconds }: Partial<LeaseMessage>) => {
    if (kind !== 'lease' || milliseconds === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => process.emit('SIGTERM'), milliseconds).unref();
  });
}

/** Between two reports of progress, in milliseconds. */
const BETWEEN = 500;

function parentLog(tell: Tell): RunLog {
  let told = -Infinity;
  return {
    say(text) {
      tell({ kind: 'say', text });
    },
    progress: (label) => ({
      name: 'progress',
      step(_report, run) {
        if (performance.now() - told < BETWEEN) return;
        told = performance.now();
        tell({ kind: 'progress', share: run.done / run.total });
      },
      warn(message) {
        tell({ kind: 'say', text: `Warning: ${label}: ${message}` });
      },
    }),
  };
}

import { availableParallelism } from 'node:os';
import { resolveEngine } from '@distilljs/core';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { cellProcesses } from '../cell/cell-process.js';
import { graphicsProcessors } from '../cell/run-jobs.js';
import { deviceVariables, expectGpus } from '../cell/train-cells.js';
import {
  ATTEMPTS,
  CAPABILITIES,
  cellsToSubmit,
  connectQueue,
  expectRoot,
  queueAddress,
  QUEUE_VARIABLE,
  runQueueWorker,
  submitRun,
} from '../queue/index.js';
import type { Capability } from '../queue/index.js';
import { EXIT, stopSignal } from './process.js';
import type { ExitCode } from './process.js';
import { print, terminalLog } from './output.js';
import { watchCommand } from './watch-command.js';
import type { WatchFlags } from './watch-command.js';
import { counted } from '../terminal/index.js';

interface SubmitFlags {
  readonly queue?: string;
  readonly root?: string;
  readonly attempts: number;
  readonly json?: true;
}

interface WorkerFlags {
  readonly queue?: string;
  readonly root: string;
  readonly capability?: Capability;
  readonly jobs: number;
  readonly lock: number;
  readonly backoff: number;
  readonly untilEmpty?: true;
}

/** Commands that put a run into a queue, work on a queue, and watch. */
export function addQueueCommands(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('submit')
    .description('put the cells of a run into a queue in Redis or Valkey; can be repeated at any time')
    .argument('<run>', 'run folder, made by `run --prepare`, visible to all workers')
    .addOption(queueOption())
    .option(
      '--root <folder>',
      'folder above the run folder, as the workers see it (default: the one it is in)',
    )
    .option(
      '--attempts <number>',
      'attempts in a row without a finished epoch before a cell is set aside',
      whole,
      ATTEMPTS,
    )
    .option('--json', 'print JSON')
    .action(async (run: string, flags: SubmitFlags) => {
      await submitCommand(run, flags);
    });

  program
    .command('worker')
    .description(
      'train cells from a queue until stopped; SIGTERM stops each after its current step and returns it to the queue',
    )
    .addOption(queueOption())
    .requiredOption('--root <folder>', 'train only run folders below this one (required)')
    .addOption(
      new Option(
        '--capability <name>',
        'which queue to work at (default: by the engines of this machine)',
      ).choices(CAPABILITIES),
    )
    .option('--jobs <number>', 'trainings at a time', whole, 1)
    .option('--lock <seconds>', 'a worker that stays silent this long loses its cells', seconds, 30)
    .option(
      '--backoff <seconds>',
      'before the second attempt; twice as long before each further one',
      seconds,
      5,
    )
    .option('--until-empty', 'stop when the queue is empty')
    .action(async (flags: WorkerFlags) => {
      done(await workerCommand(flags));
    });

  program
    .command('watch')
    .description('show the progress of a run until it is done: cells, epochs, machines, time left')
    .argument('<run>', 'run folder')
    .addOption(queueOption())
    .option('--root <folder>', 'the root given to `submit` (default: the folder above the run folder)')
    .option('--once', 'print the progress once')
    .option('--json', 'print the progress once as JSON')
    .action(async (run: string, flags: WatchFlags) => {
      done(await watchCommand(run, flags));
    });
}

const queueOption = (): Option =>
  new Option('--queue <address>', `redis://HOST:PORT, or rediss:// for TLS (default: ${QUEUE_VARIABLE})`);

async function submitCommand(run: string, { queue, root, attempts, json }: SubmitFlags): Promise<void> {
  queueAddress(queue);
  const checked = await cellsToSubmit(run, root);
  const connection = await connectQueue(queue);
  try {
    const submitted = await submitRun(connection, { folder: run, root, attempts, cells: checked });
    const { cells, done, ready, capabilities } = submitted;
    const waiting = cells - done - ready;
    print(
      json === true
        ? JSON.stringify(submitted, null, 2)
        : `${cells} cells: ${done} done, ${ready} in the queue ${capabilities.join(', ')} of ${connection.shown}, ${waiting} waiting for other cells.`,
    );
  } finally {
    await connection.close();
  }
}

async function workerCommand(flags: WorkerFlags): Promise<ExitCode> {
  const { root, jobs, untilEmpty } = flags;
  queueAddress(flags.queue);
  expectRoot(root);
  const log = terminalLog();
  const say = (text: string): void => {
    log.say(text);
  };
  const signal = stopSignal(say);
  const gpus = graphicsProcessors();
  const capability = flags.capability ?? (await capabilityHere(gpus));
  if (capability === 'gpu') expectGpus(jobs, gpus);
  const connection = await connectQueue(flags.queue, { say, patience: 60_000 });
  const processes = cellProcesses(process.argv[1] ?? '');
  const share = capability === 'gpu' ? gpus : [];
  say(
    `Working on queue ${capability} of ${connection.shown}: ${counted(jobs, 'training')} at a time on ${counted(availableParallelism(), 'processor')}.`,
  );
  try {
    await runQueueWorker({
      connection,
      root,
      capability,
      jobs,
      say,
      signal,
      untilEmpty,
      lock: 1000 * flags.lock,
      backoff: 1000 * flags.backoff,
      start: (args, slot) =>
        processes.start({
          args,
          // Trainings need neither the queue nor its password.
          variables: { ...deviceVariables(slot, jobs, share), [QUEUE_VARIABLE]: undefined },
          say,
          progress: () => undefined,
        }),
    });
  } finally {
    await processes.end();
    await connection.close();
  }
  return signal.aborted ? EXIT.interrupted : EXIT.done;
}

/** The queue that suits this machine best. */
async function capabilityHere(gpus: readonly string[]): Promise<Capability> {
  if (gpus.length > 0) return 'gpu';
  const { name } = await resolveEngine('auto');
  return name === 'node' ? 'node' : 'wasm';
}

function whole(value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Not a whole number from 1 to 9999.');
}

function seconds(value: string): number {
  const number = Number(value);
  if (/^\d+(?:\.\d+)?$/.test(value) && number >= 0.1 && number <= 86_400) return number;
  throw new InvalidArgumentError('Not a number of seconds from 0.1 to 86400.');
}

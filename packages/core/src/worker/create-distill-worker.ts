import { describeValue, DistillError } from '../error/index.js';
import { expectKnown, expectOption } from '../option/check-options.js';
import { objectWith, optional, positive, text } from '../option/checks.js';
import { deferred } from '../platform/deferred.js';
import { listen } from './endpoint.js';
import type { Transfers, WorkerLike } from './endpoint.js';
import { receivedError } from './messages.js';
import type { FromWorker, ToWorker, WorkerCheckpoints, WorkerProgress, WorkerResult } from './messages.js';

export interface DistillWorkerOptions<Input> {
  /** Passed to the job's `prepare`: any value that can be cloned between threads. */
  readonly input: Input;
  /** Buffers of `input` that are transferred to the worker instead of copied; the page loses them. */
  readonly transfer?: Transfers | undefined;
  /** Engine to train on. Default: the job's, else `auto`. */
  readonly engine?: string | undefined;
  /**
   * Threads of the engine `wasm`, as for `resolveEngine`. Divide the processors among workers that train
   * together.
   */
  readonly threads?: number | undefined;
  /** Saves the state during training and resumes from it: the page may be reloaded at any time. Default: none. */
  readonly checkpoints?: WorkerCheckpoints | undefined;
  /**
   * Called for every step, epoch and warning, at the start and end, and when training continues after a pause.
   */
  readonly onProgress?: ((report: WorkerProgress) => void) | undefined;
  /** Aborts like {@link DistillWorker.abort}. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds that the worker's module may take to load. Default 60. */
  readonly startTimeout?: number | undefined;
}

/** A training run in a worker. */
export interface DistillWorker<Output> {
  /** The result; rejects with the error that ended training. The worker is terminated when this settles. */
  readonly result: Promise<WorkerResult<Output>>;
  /**
   * Pauses after the current step. Resolves once training has paused and, with checkpoints, is saved; also when
   * training ends.
   */
  pause(): Promise<void>;
  resume(): void;
  /** Ends training after the current step; the result's `stopped` is set. */
  abort(): void;
  /** Ends at once: the result rejects. Only earlier checkpoints remain. */
  terminate(): void;
}

/**
 * Trains in a worker whose module calls {@link serveDistill}. The page stays responsive; it can follow, pause
 * and abort the training.
 *
 * ```ts
 * const worker = new Worker(new URL('./job.js', import.meta.url), { type: 'module' });
 * const training = createDistillWorker(worker, { input: { images, labels }, onProgress: draw });
 * const { students } = await training.result;
 * ```
 *
 * In Node, pass a `Worker` of `node:worker_threads`. A worker trains only once.
 *
 * `result` rejects with what `distill` throws, or with a DistillError: `option` for input that cannot be sent,
 * `platform` for a worker that does not load, serves nothing, or is terminated. Errors of the job itself pass
 * unchanged.
 * @throws DistillError code `option` for something that is no worker, and for unknown or wrong options
 */
export function createDistillWorker<Input, Output = undefined>(
  worker: WorkerLike,
  options: DistillWorkerOptions<Input>,
): DistillWorker<Output> {
  expectWorker(worker);
  expectOptions(options);
  const { input, transfer, engine, threads, checkpoints, onProgress, signal, startTimeout = 60 } = options;
  const { promise, resolve, reject } = deferred<WorkerResult<Output>>();
  let isStarted = false;
  const waiting: (() => void)[] = [];
  const failed = (got: string, expected = 'a worker that trains to the end', hint?: string): void => {
    reject(new DistillError({ code: 'platform', where: 'createDistillWorker', expected, got, hint }));
  };
  const side = listen(worker, receive, (reason) => {
    failed(reason, 'a worker whose module loads and calls serveDistill', MODULE_HINT);
  });
  const send = (message: ToWorker, moved?: Transfers): void => {
    side.send(message, moved);
  };

  function receive(said: unknown): void {
    const message = said as FromWorker;
    if (message.kind === 'ready') start();
    else if (message.kind === 'paused') for (const id of message.ids) waiting[id]?.();
    else if (message.kind === 'progress') onProgress?.(message.report);
    else if (message.kind === 'error') reject(receivedError(message.error));
    else resolve(message.result as WorkerResult<Output>);
  }
  function start(): void {
    if (isStarted) return;
    isStarted = true;
    try {
      send({ kind: 'start', input, engine, threads, checkpoints }, transfer);
    } catch (cause) {
      const got = cause instanceof Error ? cause.message : String(cause);
      const hint = 'Send arrays and plain objects; build networks, methods and datasets in the worker.';
      const expected = 'what can be cloned between threads';
      reject(
        new DistillError({ code: 'option', where: 'createDistillWorker, input', expected, got, hint, cause }),
      );
    }
  }

  const abort = (): void => {
    send({ kind: 'abort' });
  };
  const timer = setTimeout(() => {
    if (isStarted) return;
    failed(`none within ${startTimeout} s`, 'a worker whose module calls serveDistill', MODULE_HINT);
  }, 1000 * startTimeout);
  send({ kind: 'hello' });
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  const result = promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    side.close();
  });
  // A caller that terminates training need not await its result: avoid an unhandled rejection.
  result.catch(() => undefined);
  return {
    result,
    pause: () =>
      new Promise((ready) => {
        const end = (): void => {
          ready();
        };
        void result.then(end, end);
        send({ kind: 'pause', id: waiting.push(end) - 1 });
      }),
    resume: () => {
      send({ kind: 'resume' });
    },
    abort,
    terminate: () => {
      failed('terminate()');
      side.close();
    },
  };
}

const MODULE_HINT =
  "Pass new Worker(new URL('./job.js', import.meta.url), { type: 'module' }), and call serveDistill({ prepare }) at the top of that module.";

const OPTIONS = 'input transfer engine threads checkpoints onProgress signal startTimeout'.split(' ');

/** Misspelt options would have no effect: without checkpoints, a reload loses the training. */
function expectOptions(options: unknown): void {
  const where = 'createDistillWorker';
  expectOption(where, options, objectWith());
  expectKnown(where, options, OPTIONS);
  const { checkpoints, onProgress, signal, startTimeout } = options as DistillWorkerOptions<unknown>;
  expectOption(`${where}.checkpoints`, checkpoints, optional(objectWith('place')));
  expectOption(`${where}.checkpoints.place`, checkpoints?.place, optional(text));
  expectOption(`${where}.onProgress`, onProgress, (value) =>
    value === undefined || typeof value === 'function' ? undefined : 'a function of the report',
  );
  expectOption(`${where}.signal`, signal, optional(objectWith('aborted', 'addEventListener')));
  expectOption(`${where}.startTimeout`, startTimeout, optional(positive));
}

function expectWorker(worker: unknown): asserts worker is WorkerLike {
  const isWorker =
    typeof worker === 'object' &&
    worker !== null &&
    'postMessage' in worker &&
    ('addEventListener' in worker || 'on' in worker);
  if (isWorker) return;
  throw new DistillError({
    code: 'option',
    where: 'createDistillWorker',
    expected: 'a Worker',
    got: describeValue(worker),
    hint: MODULE_HINT,
  });
}

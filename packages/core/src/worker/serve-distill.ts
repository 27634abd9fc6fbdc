import { checkpoints, progress } from '../callback/index.js';
import { directoryStore, indexedDbStore } from '../checkpoint/index.js';
import { resolveEngine } from '../engine/index.js';
import type { Engine } from '../engine/index.js';
import { faultBehind } from '../engine/device-fault.js';
import { DistillError, isDistillError } from '../error/index.js';
import { modelArtifacts } from '../model-file/index.js';
import { expectKnown, expectOption, objectWith, optional } from '../option/index.js';
import type { OptionCheck } from '../option/index.js';
import { deferred } from '../platform/deferred.js';
import type { Deferred } from '../platform/deferred.js';
import { isNode } from '../platform/node-module.js';
import { distill } from '../train/index.js';
import type { Callback, DistillOptions, DistillResult, RunControl } from '../train/index.js';
import { listen, parentSide } from './endpoint.js';
import type { Transfers, WorkerLike } from './endpoint.js';
import { sentError } from './messages.js';
import type { FromWorker, ToWorker, WorkerCheckpoints, WorkerResult } from './messages.js';

/** What a worker trains. */
export interface DistillJob<Input, Output> {
  /** Engine to train on, unless the page names one. Default `auto`. */
  readonly engine?: string | undefined;
  /**
   * Builds networks, method and data from what the page sent; called once the engine is ready. The options may
   * contain callbacks; progress and checkpoints are added to them.
   */
  prepare(input: Input, context: JobContext): DistillOptions | Promise<DistillOptions>;
  /**
   * Called after training, e.g. for `result.restoreBest()` or test accuracy. Its return value goes to the page.
   */
  finish?(result: DistillResult, input: Input): Output | Promise<Output>;
}

export interface JobContext {
  readonly engine: Engine;
  /** Aborted when the page aborts. */
  readonly signal: AbortSignal;
}

/**
 * Makes this worker run the training that its page requests by {@link createDistillWorker}, once.
 *
 * ```ts
 * serveDistill({
 *   prepare: ({ images, labels }) => ({ teacher, students: [student], method: kd(), train: arrayDataset({ images, labels, … }), … }),
 * });
 * ```
 *
 * In a browser, call `setWasmPaths` before this, as for any use of the engine `wasm`. On `cpu` and `wasm`, a
 * run resumed from checkpoints gives bitwise the result of an uninterrupted run.
 * @param side the other thread; default: this worker's page
 * @throws DistillError code `platform` on the main thread, `option` for a job that has other fields
 */
export function serveDistill<Input = unknown, Output = undefined>(
  job: DistillJob<Input, Output>,
  side: WorkerLike | undefined = parentSide(),
): void {
  if (side === undefined) {
    throw new DistillError({
      code: 'platform',
      where: 'serveDistill',
      expected: 'a worker',
      got: 'the main thread',
      hint: 'Call it in the module of a Worker; the page calls createDistillWorker.',
    });
  }
  expectJob(job);
  const abort = new AbortController();
  const gate = pauseGate((ids) => {
    send({ kind: 'paused', ids });
  });
  const to = listen(side, receive, () => undefined);
  const send = (message: FromWorker, transfer?: Transfers): void => {
    to.send(message, transfer);
  };
  let isStarted = false;
  function receive(said: unknown): void {
    const message = said as ToWorker;
    if (message.kind === 'hello') send({ kind: 'ready' });
    else if (message.kind === 'pause') gate.close(message.id);
    else if (message.kind === 'resume') gate.open();
    else if (message.kind === 'abort') {
      abort.abort();
      gate.open();
    } else if (!isStarted) {
      isStarted = true;
      void train(message);
    }
  }
  async function train(order: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
    try {
      const result = await trained(job, order, { send, gate, signal: abort.signal });
      const buffers = result.students.map(({ artifacts }) => artifacts.weightData as ArrayBuffer);
      send({ kind: 'result', result }, buffers);
    } catch (error) {
      send({ kind: 'error', error: sentError(error) });
    }
  }
  send({ kind: 'ready' });
}

function expectJob(job: unknown): void {
  const where = 'serveDistill';
  expectOption(where, job, objectWith('prepare'));
  expectKnown(where, job, ['engine', 'prepare', 'finish']);
  const { prepare, finish } = job as Readonly<Record<string, unknown>>;
  const isFunction: OptionCheck = (value) => (typeof value === 'function' ? undefined : 'a function');
  expectOption(`${where}.prepare`, prepare, isFunction);
  expectOption(`${where}.finish`, finish, optional(isFunction));
}

interface Line {
  readonly send: (message: FromWorker) => void;
  readonly gate: PauseGate;
  readonly signal: AbortSignal;
}

async function trained<Input, Output>(
  job: DistillJob<Input, Output>,
  { input, engine: wanted, threads, checkpoints: saving }: Extract<ToWorker, { kind: 'start' }>,
  { send, gate, signal }: Line,
): Promise<WorkerResult<Output | undefined>> {
  const engine = await resolveEngine(wanted ?? job.engine ?? 'auto', { threads });
  try {
    return await trainedOn(engine, job, input as Input, saving, { send, gate, signal });
  } catch (error) {
    // `distill` reports device faults itself; the job's own code before and after it does not.
    const fault = isDistillError(error) ? undefined : faultBehind(error, 'a worker', undefined);
    throw fault ?? error;
  }
}

async function trainedOn<Input, Output>(
  engine: Engine,
  job: DistillJob<Input, Output>,
  input: Input,
  saving: WorkerCheckpoints | undefined,
  { send, gate, signal }: Line,
): Promise<WorkerResult<Output | undefined>> {
  const options = await job.prepare(input, { engine, signal });
  const reports = progress({
    onProgress: (report) => {
      send({ kind: 'progress', report: { ...report, engine: engine.name } });
    },
  });
  const saves = saving === undefined ? undefined : savesOf(saving);
  const waits = gate.callback(
    (run) => saves?.now(run),
    (run) => reports.start?.(run),
  );
  const callbacks = [...(options.callbacks ?? []), reports, ...(saves?.callbacks ?? []), waits];
  const signals = [signal, ...(options.signal === undefined ? [] : [options.signal])];
  const result = await distill({ ...options, callbacks, signal: AbortSignal.any(signals) });
  try {
    const output = await job.finish?.(result, input);
    const { history, best, stopped, stops, normalization, warnings } = result;
    const students = await Promise.all(
      result.students.map(async ({ model }) => ({
        artifacts: await modelArtifacts(model),
        parameters: model.countParams(),
      })),
    );
    const told = { history, best, stopped, stops, normalization, warnings };
    return { ...told, students, engine: engine.name, output };
  } finally {
    result.dispose();
  }
}

/** Checkpoints as the page requests them, plus one at every pause. */
function savesOf({ place, ...settings }: WorkerCheckpoints): {
  readonly callbacks: readonly Callback[];
  readonly now: (run: RunControl) => Promise<void>;
} {
  const store = isNode() ? directoryStore(place) : indexedDbStore(place);
  const saving = checkpoints(store, settings);
  // A pause saves the same state as an abort.
  return { callbacks: [saving], now: async (run) => saving.abort?.(run) };
}

interface PauseGate {
  /** @param id of the request, which is answered once the run waits or the request is taken back */
  close(id: number): void;
  open(): void;
  /**
   * @param before called when training pauses
   * @param after called when it continues
   */
  callback(before: Watch, after: Watch): Callback;
}

type Watch = (run: RunControl) => unknown;

/** Holds a run between two steps, and lets this thread receive messages there. */
function pauseGate(paused: (ids: readonly number[]) => void): PauseGate {
  let opened: Deferred<void> | undefined;
  let isWaiting = false;
  let pending: number[] = [];
  const closed = (): Promise<void> | undefined => opened?.promise;
  const answer = (): void => {
    if (pending.length > 0) paused(pending);
    pending = [];
  };
  return {
    // The page waits for an answer to every request, also to a second one and to one that is taken back.
    close: (id) => {
      pending.push(id);
      if (isWaiting) answer();
      else opened ??= deferred();
    },
    open: () => {
      answer();
      opened?.resolve();
      opened = undefined;
    },
    callback: (before, after) => ({
      name: 'pause',
      async step(_, run) {
        await nextTask();
        if (closed() === undefined) return;
        await before(run);
        // Another request may have come while the first one was saved and taken back.
        for (let wait = closed(); wait !== undefined; wait = closed()) {
          isWaiting = true;
          answer();
          await wait;
          isWaiting = false;
        }
        await after(run);
      },
    }),
  };
}

/** Yields to this thread's events: promises alone never do, and timers in a page wait at least 4 ms. */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });

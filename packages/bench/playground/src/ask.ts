import type { DeskTasks } from './desk.js';
import { openDesk, openOnline } from './workers.js';
import type { OnlineTasks } from './online.js';
import type { Progress } from './serve-tasks.js';

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
  /** Not the answer yet: how far the task is. */
  readonly progress?: Progress;
}

/** What the one who asks wants to know meanwhile, and whether the answer is still wanted. */
interface Watch {
  readonly onProgress: (progress: Progress) => void;
  readonly signal?: AbortSignal | undefined;
}

type Tasks = Readonly<Record<string, (given: never, told: never) => unknown>>;
type Given<All extends Tasks, Task extends keyof All> = Parameters<All[Task]>[0];
type Value<All extends Tasks, Task extends keyof All> = Awaited<ReturnType<All[Task]>>;

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, (answer: Answer) => void>;
}

let desk: Thread | undefined;
let asked = 0;

/**
 * Has the page's second thread do something.
 *
 * @throws Error whose message is a sentence for the visitor
 */
export function ask<Task extends keyof DeskTasks>(
  task: Task,
  given: Given<DeskTasks, Task>,
  watch?: Watch,
): Promise<Value<DeskTasks, Task>> {
  desk ??= threadOf(openDesk(), () => {
    desk = undefined;
  });
  return answered(desk, task, given, watch) as Promise<Value<DeskTasks, Task>>;
}

/**
 * Has a thread with access to CLIP's hosts do something, and ends it: nothing of the page stays connected.
 *
 * @throws Error whose message is a sentence for the visitor
 */
export async function askOnline<Task extends keyof OnlineTasks>(
  task: Task,
  given: Given<OnlineTasks, Task>,
  watch?: Watch,
): Promise<Value<OnlineTasks, Task>> {
  const online = await openOnline();
  try {
    const thread = threadOf(online.worker, () => undefined);
    const stopped = new Promise<never>((_, reject) => {
      watch?.signal?.addEventListener('abort', () => {
        reject(new Error('Stopped.'));
      });
    });
    return (await Promise.race([answered(thread, task, given, watch), stopped])) as Value<OnlineTasks, Task>;
  } finally {
    online.close();
  }
}

async function answered(
  { worker, waiting }: Thread,
  task: string,
  given: unknown,
  { onProgress, signal }: Partial<Watch> = {},
): Promise<unknown> {
  const id = ++asked;
  const answer = new Promise<Answer>((resolve) => {
    waiting.set(id, (said) => {
      if (said.progress !== undefined) {
        onProgress?.(said.progress);
        return;
      }
      waiting.delete(id);
      resolve(said);
    });
  });
  signal?.addEventListener('abort', () => {
    worker.postMessage({ id, stop: true });
  });
  worker.postMessage({ id, task, given });
  const { value, error } = await answer;
  if (error !== undefined) throw new Error(error);
  return value;
}

function threadOf(worker: Worker, failed: () => void): Thread {
  const waiting = new Map<number, (answer: Answer) => void>();
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data);
  });
  worker.addEventListener('error', ({ message }) => {
    const error = `The page's second thread failed${message === '' ? '' : `: ${message}`}. Reload the page.`;
    for (const [id, settle] of waiting) settle({ id, error });
    worker.terminate();
    failed();
  });
  return { worker, waiting };
}

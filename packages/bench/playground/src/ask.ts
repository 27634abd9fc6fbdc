import type { DeskTasks } from './desk.js';

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Given<Task extends keyof DeskTasks> = Parameters<DeskTasks[Task]>[0];
type Value<Task extends keyof DeskTasks> = Awaited<ReturnType<DeskTasks[Task]>>;

let desk: Worker | undefined;
let asked = 0;
const waiting = new Map<number, (answer: Answer) => void>();

/**
 * Has the page's second thread do something.
 *
 * @throws Error whose message is a sentence for the visitor
 */
export async function ask<Task extends keyof DeskTasks>(
  task: Task,
  given: Given<Task>,
): Promise<Value<Task>> {
  desk ??= opened();
  const id = ++asked;
  const answer = new Promise<Answer>((resolve) => {
    waiting.set(id, resolve);
  });
  desk.postMessage({ id, task, given });
  const { value, error } = await answer;
  if (error !== undefined) throw new Error(error);
  return value as Value<Task>;
}

function opened(): Worker {
  const worker = new Worker(new URL('./desk.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });
  worker.addEventListener('error', ({ message }) => {
    const error = `The page's second thread failed${message === '' ? '' : `: ${message}`}. Reload the page.`;
    for (const [id, settle] of waiting) settle({ id, error });
    waiting.clear();
    desk = undefined;
  });
  return worker;
}

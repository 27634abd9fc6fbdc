import { isNode, nodeModule } from '../platform/node-module.js';

/** Buffers that are transferred, not copied. */
export type Transfers = ArrayBuffer[];

/** The other thread: a `Worker` of a page or of Node, a `MessagePort`, or, inside a worker, its global scope. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transfers): void;
  addEventListener?(type: string, listener: (event: Event) => void): void;
  /** Node's worker. */
  on?(type: string, listener: (value: unknown) => void): unknown;
  terminate?(): unknown;
  /** A `MessagePort`. */
  start?(): void;
  close?(): void;
}

export interface Endpoint {
  send(message: unknown, transfer?: Transfers): void;
  close(): void;
}

/** Listens to the other side: `receive` gets its messages, `fail` a description of its failures. */
export function listen(
  to: WorkerLike,
  receive: (message: unknown) => void,
  fail: (reason: string) => void,
): Endpoint {
  if (to.addEventListener !== undefined) {
    to.addEventListener('message', (event) => {
      receive((event as MessageEvent<unknown>).data);
    });
    to.addEventListener('messageerror', () => {
      fail('a message that cannot be read');
    });
    // For a module that cannot be found, a browser's error event has no message.
    to.addEventListener('error', (event) => {
      const { message = '' } = event as Event & { readonly message?: string };
      fail(message === '' ? 'a module that does not load' : message);
    });
    to.start?.();
  } else {
    to.on?.('message', receive);
    to.on?.('error', (error) => {
      fail(String(error));
    });
    to.on?.('exit', (code) => {
      fail(`an end with status ${String(code)}`);
    });
  }
  return {
    send: (message, transfer = []) => {
      to.postMessage(message, transfer);
    },
    close: () => {
      (to.terminate ?? to.close)?.call(to);
    },
  };
}

/** The page, as a worker sees it; undefined on the main thread. */
export function parentSide(): WorkerLike | undefined {
  if (isNode()) {
    const { parentPort } = nodeModule('node:worker_threads', 'serveDistill');
    return parentPort ?? undefined;
  }
  const isWorker = 'WorkerGlobalScope' in globalThis && !('document' in globalThis);
  return isWorker ? (globalThis as unknown as WorkerLike) : undefined;
}

import { isNode, nodeModule } from '../platform/node-module.js';

/** What can be sent without a copy. */
export type Transfers = ArrayBuffer[];

/** The other thread, whatever the platform calls it: a `Worker` of a page or of Node, a `MessagePort`, or a worker's own side. */
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

/** Takes what the other side says, and its failures in words. */
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
    // Of a module that is not there a browser tells nothing but that it failed.
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

/** The page's end, seen from a worker; undefined on the main thread. */
export function parentSide(): WorkerLike | undefined {
  if (isNode()) {
    const { parentPort } = nodeModule('node:worker_threads', 'serveDistill');
    return parentPort ?? undefined;
  }
  const isWorker = 'WorkerGlobalScope' in globalThis && !('document' in globalThis);
  return isWorker ? (globalThis as unknown as WorkerLike) : undefined;
}

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CellProcess, ProcessEnd } from '../../src/cell/cell-process.js';
import { placeOf, readRunCells } from '../../src/cell/run-cells.js';
import type { RunConfig } from '../../src/config/index.js';
import { ENVIRONMENT } from '../report/report-fixture.js';
import { tinyConfig } from '../run/tiny-bench.js';

/** A run folder as `run --prepare` makes it, of methods by any names. */
export function prepareRun(
  folder: string,
  methods: readonly string[],
  seeds: readonly number[],
  engine = 'wasm',
): void {
  const config: RunConfig = {
    ...tinyConfig(),
    methods: methods.map((as) => ({ name: 'kd', as, options: {} })),
    seeds: [...seeds],
  };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const environment = { ...ENVIRONMENT, engine: { ...ENVIRONMENT.engine, name: engine, version: '1' } };
  writeFileSync(join(folder, 'environment.json'), JSON.stringify(environment));
}

/** What a stub of a training does; a string ends it at once in that state. */
export type Behaviour = ProcessEnd['state'] | ((process: StubProcess) => void);

export interface StubProcess {
  /** Writes the cell's result, as the last thing that a training does. */
  finish(): Promise<void>;
  /** Writes a row of metrics. */
  epoch(): Promise<void>;
  end(how: ProcessEnd): void;
  readonly stopped: Promise<void>;
  readonly killed: Promise<void>;
}

/**
 * Stands in for `distill-bench train` and `report`.
 *
 * @param behaviour by cell; `report` for the report
 */
export function stubWork(behaviour: (cell: string, begun: number) => Behaviour) {
  /** Cells in the order in which they began. */
  const begun: string[] = [];
  const leases: number[] = [];
  const runs = new Map<string, ReturnType<typeof readRunCells>>();
  const start = ([command, folder = '', name = 'report']: readonly string[]): CellProcess => {
    const cell = command === 'report' ? 'report' : name;
    begun.push(cell);
    const ended = deferred<ProcessEnd>();
    const [stopped, killed] = [deferred<undefined>(), deferred<undefined>()];
    const place = async () => {
      const cells = runs.get(folder) ?? readRunCells(folder);
      runs.set(folder, cells);
      const found = (await cells).find(cell);
      return found === undefined ? undefined : placeOf(found);
    };
    const process: StubProcess = {
      async finish() {
        const found = await place();
        if (found !== undefined) {
          mkdirSync(dirname(found.result), { recursive: true });
          writeFileSync(found.result, '{}');
        }
        ended.resolve({ state: 'done' });
      },
      async epoch() {
        const found = await place();
        if (found === undefined) return;
        mkdirSync(found.root, { recursive: true });
        writeFileSync(found.metrics, '{}\n', { flag: 'a' });
      },
      end: ended.resolve,
      stopped: stopped.promise,
      killed: killed.promise,
    };
    const how = behaviour(cell, begun.filter((each) => each === cell).length);
    if (typeof how === 'function') how(process);
    else if (how === 'done') void process.finish();
    else ended.resolve({ state: how, reason: `${cell} ${how}` });
    return {
      ended: ended.promise,
      stop() {
        stopped.resolve(undefined);
      },
      kill() {
        killed.resolve(undefined);
        ended.resolve({ state: 'failed', reason: 'ended by SIGKILL' });
      },
      lease: (milliseconds) => void leases.push(milliseconds),
    };
  };
  return { start, begun, leases };
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

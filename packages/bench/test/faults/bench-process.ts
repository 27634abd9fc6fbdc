import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { bundledCli } from '../run/bundled-cli.js';
import { TINY_RUN, untimedRows } from '../run/tiny-run.js';

/** A run with a method of one phase, one of two, one of two networks, and a teacher whose outputs are cached on disk. */
const RUN = [
  ...TINY_RUN,
  ...['--seeds', '0', '--set', 'methods=[kd, { name: mhgd, options: { headEpochs: 6 } }, afd]'],
  ...['--set', 'teacher.kind=cached', '--set', 'teacher.views=2', '--set', 'teacher.cache=disk'],
];

/** How a process ended, and what it said on standard error. */
export interface Ended {
  readonly by: number | NodeJS.Signals | null;
  readonly said: string;
}

export interface ProcessOptions {
  /** Called after each line that the process says on standard error, with all it has said. */
  readonly onLine?: (child: ChildProcess, lines: number, said: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  /** In KiB, what a single file may hold. */
  readonly fileSize?: number;
}

export interface BenchProcesses {
  /** A folder that is removed when the tests of this file are done. */
  readonly folder: string;
  /** Runs the bench in a process of its own. */
  run(args: readonly string[], options?: ProcessOptions): Promise<Ended>;
  /** What a run that nobody disturbed comes to. */
  undisturbed(): Promise<RunOutcome>;
}

/** Processes of the command line for the tests of one file. */
export function benchProcesses(): BenchProcesses {
  const folder = mkdtempSync(join(tmpdir(), 'distill-faults-'));
  let script = '';
  beforeAll(async () => {
    script = await bundledCli();
  });
  afterAll(() => {
    rmSync(dirname(script), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], { onLine, env, fileSize }: ProcessOptions = {}): Promise<Ended> =>
    new Promise((resolve) => {
      const command = [process.execPath, script, 'run', ...RUN, ...args];
      const limited = ['bash', '-c', `ulimit -f ${fileSize ?? 0}; exec "$@"`, 'bash', ...command];
      const [file = '', ...rest] = fileSize === undefined ? command : limited;
      const child = spawn(file, rest, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...env },
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        onLine?.(child, said.split('\n').length - 1, said);
      });
      child.on('close', (code, signal) => {
        resolve({ by: signal ?? code, said });
      });
    });
  let known: RunOutcome | undefined;
  const undisturbed = async (): Promise<RunOutcome> => {
    if (known !== undefined) return known;
    const out = join(folder, 'undisturbed');
    const { by, said } = await run(['--out', out]);
    expect(by, said).toBe(0);
    return (known = outcomeOf(out));
  };
  return { folder, run, undisturbed };
}

/**
 * Something that has to come in time, tried again where it came too late: the machine may be busy.
 *
 * @param attempt resolves to undefined when it was too late
 */
export async function inTime<T>(attempt: (round: number) => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 10; round++) {
    const result = await attempt(round);
    if (result !== undefined) return result;
  }
  throw new Error('too late ten times');
}

/** What must not depend on what happened to a run. */
export interface RunOutcome {
  readonly rows: unknown;
  /** Bytes of every saved model by path. */
  readonly models: Readonly<Record<string, string>>;
  /** Text of every file of inspections by path. */
  readonly inspections: Readonly<Record<string, string>>;
  /** Phase and epoch of each line of metrics by training. */
  readonly epochs: Readonly<Record<string, readonly string[]>>;
}

export function outcomeOf(run: string): RunOutcome {
  const files = readdirSync(run, { recursive: true, encoding: 'utf8' }).sort();
  const models = files.filter((file) => /\/(?:model|student(?:-\d)?)\/[^/]+$/.test(file));
  const metrics = files.filter((file) => file.endsWith('metrics.jsonl'));
  const inspections = files.filter((file) => file.endsWith('inspections.jsonl'));
  return {
    rows: untimedRows(readFileSync(join(run, 'report/report.json'), 'utf8')),
    models: Object.fromEntries(models.map((file) => [file, readFileSync(join(run, file), 'base64')])),
    inspections: Object.fromEntries(inspections.map((file) => [file, readFileSync(join(run, file), 'utf8')])),
    epochs: Object.fromEntries(metrics.map((file) => [dirname(file), epochsIn(join(run, file))])),
  };
}

/** Expects the same of two runs, and names what differs: a model by its path, in place of its bytes. */
export function expectSameOutcome(run: string, expected: RunOutcome): void {
  const { rows, models, epochs, inspections } = outcomeOf(run);
  expect(epochs).toEqual(expected.epochs);
  expect(Object.keys(models)).toEqual(Object.keys(expected.models));
  expect(Object.keys(models).filter((file) => models[file] !== expected.models[file])).toEqual([]);
  expect(inspections).toEqual(expected.inspections);
  expect(rows).toEqual(expected.rows);
}

function epochsIn(metrics: string): readonly string[] {
  return readFileSync(metrics, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (line === '') return [];
      const { phase, epoch } = JSON.parse(line) as { readonly phase: string; readonly epoch: number };
      return [`${phase} ${epoch}`];
    });
}

/** The training of a run that has begun and is not done, with the phase it is in by its metrics; undefined between two. */
export function underWay(run: string): string | undefined {
  if (!existsSync(run)) return undefined;
  const files = readdirSync(run, { recursive: true, encoding: 'utf8' });
  const begun = files.filter((file) => file.endsWith('checkpoint')).map((file) => dirname(file));
  const training = begun.find((each) => !existsSync(join(run, each, 'result.json')));
  if (training === undefined) return undefined;
  const metrics = join(run, training, 'metrics.jsonl');
  const phases = existsSync(metrics)
    ? [...readFileSync(metrics, 'utf8').matchAll(/"phase":"([^"]*)"/g)].map(([, phase]) => phase)
    : [];
  return `${training} ${phases.at(-1) ?? 'first epoch'}`;
}

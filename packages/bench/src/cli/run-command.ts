import { relative } from 'node:path';
import { DistillError } from '@distilljs/core';
import { parseSetting, presetNames, resolveConfig } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import { readConfigText } from '../file/index.js';
import { renderTerminal } from '../report/index.js';
import { configurableMethods, techniqueNames } from '../run/method-catalog.js';
import { methodProblems } from '../run/method-problems.js';
import { runBench } from '../run/run-bench.js';
import type { Divergence } from '../run/run-bench.js';
import { EXIT } from './exit-code.js';
import type { ExitCode } from './exit-code.js';
import { isSystemError, print, printError } from './output.js';
import { terminalLog } from './terminal-log.js';

/** Flags of `distill-bench run` as commander hands them over. */
export interface RunFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly out: string;
  readonly methods?: readonly string[];
  readonly seeds?: readonly number[];
  readonly engine?: string;
  readonly dataset?: string;
  readonly dataDir?: string;
  readonly teacher?: string;
  readonly teacherModel?: string;
  readonly studentModel?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly set: readonly string[];
  readonly resume?: true;
  readonly overwrite?: true;
  readonly json?: true;
}

/** `distill-bench run`. */
export async function runCommand(flags: RunFlags): Promise<ExitCode> {
  const config = await configOf(flags);
  const log = terminalLog();
  const stop = new AbortController();
  // The first Ctrl-C ends the run at a step's end, with everything saved; a second one kills it as usual.
  process.once('SIGINT', () => {
    log.say('Stopping after this step; press Ctrl-C again to stop at once.');
    stop.abort();
  });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  const existing = flags.resume === true ? 'resume' : flags.overwrite === true ? 'overwrite' : 'refuse';
  const written = await runBench({ config, out: flags.out, existing, log, signal: stop.signal }).catch(
    (error: unknown) => {
      // A write that fails for want of space does not say where.
      if (isSystemError(error)) error.path ??= flags.out;
      throw error;
    },
  );
  if (written === undefined) {
    log.say(`Stopped; everything done is in ${flags.out}. Go on with the same command and --resume.`);
    return EXIT.interrupted;
  }
  const { report, page, diverged } = written;
  if (flags.json === true) print(JSON.stringify(report, null, 2));
  else print(`${renderTerminal(report)}\n\nReport: ${relative('.', page)}`);
  if (diverged.length === 0) return EXIT.done;
  printError(divergenceText(diverged, config));
  return EXIT.failed;
}

/** What diverged, and how to run without it. */
export function divergenceText(diverged: readonly Divergence[], { methods }: RunConfig): string {
  const trainings = diverged.map(({ method, seed }) => `${method} seed ${seed}`);
  const others = methods.filter(({ as }) => !diverged.some(({ method }) => method === as));
  const kept = others.map(({ as }) => as).join();
  const what = `${trainings.join(', ')} diverged; the report is of the others.`;
  // A method with options or another name is one of a file, which a flag cannot name.
  const isNamed = others.every(({ name, as, options }) => name === as && Object.keys(options).length === 0);
  const how = isNamed ? `with --methods ${kept}` : "of the configuration's methods (or --methods)";
  return `${what} Lower the learning rate${kept === '' ? '' : `, or leave it out ${how}`}.`;
}

async function configOf(flags: RunFlags): Promise<RunConfig> {
  if (flags.resume === true && flags.overwrite === true) {
    throw usage('one of --resume and --overwrite', 'both', 'Decide whether to keep what the folder holds.');
  }
  if (flags.preset === undefined && flags.config === undefined) {
    throw usage('--preset NAME or --config FILE', 'neither', `Presets: ${presetNames.join(', ')}.`);
  }
  const file =
    flags.config === undefined ? undefined : { name: flags.config, text: await readConfigText(flags.config) };
  return resolveConfig({
    preset: flags.preset,
    file,
    flags: [asSettings(flags), ...flags.set.map(parseSetting)],
    methodNames: configurableMethods,
    checkMethod: methodProblems,
  });
}

/** Flags as the part of a configuration that they stand for. */
function asSettings(flags: RunFlags): object {
  const dataset = defined({ name: flags.dataset, dir: flags.dataDir });
  const teacher = defined({ model: flags.teacherModel, path: flags.teacher });
  const student = defined({ model: flags.studentModel });
  const optimizer = defined({ learningRate: flags.learningRate });
  const { seeds, engine, epochs, batchSize } = flags;
  const methods = flags.methods?.join() === 'all' ? techniqueNames : flags.methods;
  return defined({ dataset, teacher, student, optimizer, methods, seeds, engine, epochs, batchSize }) ?? {};
}

/** Without the entries that nobody set; undefined when none is left. */
function defined(values: Readonly<Record<string, unknown>>): object | undefined {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

function usage(expected: string, got: string, hint: string): DistillError {
  return new DistillError({ code: 'config', where: 'distill-bench run', expected, got, hint });
}

import { existsSync } from 'node:fs';
import { isDistillError, progress, shownText } from '@distilljs/core';
import type { RunLog } from '../run/run-context.js';
import { styled, terminalMeter } from '../terminal/index.js';
import { EXIT } from './process.js';
import type { ExitCode } from './process.js';

/** Standard output is for a command's result only. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * A log of a run on standard error, so that standard output holds the result alone: a progress bar on a terminal, one line per
 * epoch elsewhere.
 */
export function terminalLog(stream: NodeJS.WriteStream = process.stderr): RunLog {
  return {
    say: (text) =>
      void stream.write(`${text.replace(/^Warning:/, (word) => styled('warning', word, stream))}\n`),
    progress: (label) => progress({ stream, label }),
    meter: (title, total) => terminalMeter(title, total, stream),
  };
}

/** Prints an error in one line on standard error. */
export function printError(text: string): void {
  process.stderr.write(`${styled('error', 'Error:', process.stderr)} ${text}\n`);
}

/** Whether an error comes from the operating system, e.g. a full disk: only its code and path matter to the user. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/**
 * Reports anything thrown, in one line.
 *
 * @param argv the command line
 * @returns the matching exit code
 */
export function reportError(error: unknown, argv: readonly string[]): ExitCode {
  if (isDistillError(error)) {
    // The system's reason is in the message already.
    const isUsage = error.code === 'config' || error.code === 'option';
    // With wrong usage nothing was started, so nothing is kept.
    printError(`${error.message}${!isUsage && isSystemError(error.cause) ? whatIsKept(argv) : ''}`);
    printStack(error.cause);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
  // Interrupted work that keeps nothing, such as reading data, ends with an AbortError.
  if (error instanceof DOMException && error.name === 'AbortError') {
    process.stderr.write('Stopped.\n');
    return EXIT.interrupted;
  }
  if (isSystemError(error)) {
    // A reader that has seen enough closes the pipe: not an error.
    if (error.code === 'EPIPE' && error.path === undefined) return EXIT.done;
    printError(systemErrorText(error, argv));
  } else if (isOutOfMemory(error)) {
    printError(
      `out of memory: ${shownText(error.message)}. Use fewer or smaller images, or a smaller batch.`,
    );
  } else {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const next =
      'Unless a module of yours threw it, this is a fault of distill-bench: please report it, with what DISTILLJS_STACK=1 adds to this.';
    printError(`${shownText(what)}. ${next}`);
    printStack(error);
  }
  return EXIT.failed;
}

function printStack(error: unknown): void {
  if (process.env['DISTILLJS_STACK'] !== '1') return;
  process.stderr.write(`${(error instanceof Error ? error.stack : undefined) ?? 'no stack'}\n`);
}

function isOutOfMemory(error: unknown): error is Error {
  return (
    error instanceof RangeError &&
    /allocation failed|invalid (typed )?array|invalid string length/i.test(error.message)
  );
}

/** Such an error in one line. */
export function systemErrorText(
  { message, path }: NodeJS.ErrnoException,
  argv: readonly string[] = [],
): string {
  const place = path === undefined || message.includes(path) ? '' : ` '${path}'`;
  return `${shownText(message, 1000)}${shownText(place, 1000)}.${whatIsKept(argv)}`;
}

/** Of a run that made its folder: another has nothing to continue. */
function whatIsKept(argv: readonly string[]): string {
  const at = argv.findIndex((each) => /^--out(?:=|$)/.test(each));
  const out = argv[at]?.slice('--out='.length) || argv[at + 1];
  const isRun = argv[0] === 'run' && at !== -1 && !argv.includes('--dry-run');
  if (!isRun || out === undefined || !existsSync(out)) return '';
  return ' Everything done is kept: fix that, then continue with the same command and --resume.';
}

/**
 * Guards the process until released: a late failure, in a worker or an unawaited promise, ends it with one line and exit code 1. It
 * tolerates a closed standard output, and remembers other output errors, such as a full disk.
 *
 * @returns a function that releases the guard and resolves to the exit code, given the command's own and the state of the output
 */
export function guardProcess(argv: readonly string[]): (code: ExitCode) => Promise<ExitCode> {
  let failure: NodeJS.ErrnoException | undefined;
  const late = (error: unknown): void => {
    process.exit(reportError(error, argv) || EXIT.failed);
  };
  const output = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') failure ??= error;
  };
  // If standard error fails, there is no place to report it.
  const messages = (): void => undefined;
  process.on('uncaughtException', late).on('unhandledRejection', late);
  process.stdout.on('error', output);
  process.stderr.on('error', messages);
  return async (code) => {
    // Streams report errors after the write that caused them.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', late).off('unhandledRejection', late);
    process.stdout.off('error', output);
    process.stderr.off('error', messages);
    if (failure === undefined) return code;
    printError(`standard output: ${shownText(failure.message)}.`);
    return code === EXIT.done ? EXIT.failed : code;
  };
}

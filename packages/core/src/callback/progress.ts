import type { SingleBar } from 'cli-progress';
import { checkOptions, optional, text } from '../option/index.js';
import type { OptionCheck } from '../option/index.js';
import { nodeModule } from '../platform/node-module.js';
import type { Callback, RunControl } from '../train/callback.js';
import type { EpochReport, TermReport } from '../train/report.js';

/** The part of a terminal or file stream that is needed. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** Default: standard error. */
  readonly stream?: ProgressStream | undefined;
  /** What the run is called. Default: the method's name and the seed. */
  readonly label?: string | undefined;
}

/**
 * Shows how far a run is: on a terminal a bar with images per second and the time that is left, elsewhere one line per
 * epoch.
 */
export function progress(given: ProgressOptions = {}): Callback {
  const { stream = standardError(), label } = checkOptions<ProgressOptions>(
    'progress',
    given,
    { stream: undefined, label: undefined },
    { stream: optional(isStream), label: optional(text) },
  );
  let bar: SingleBar | undefined;
  let started = 0;
  let before = 0;
  let images = 0;
  const say = (text: string): void => {
    if (bar !== undefined) stream.write('\r\u001b[K');
    stream.write(`${text}\n`);
  };
  const name = (run: RunControl): string => label ?? `${run.method} seed ${run.seed}`;

  return {
    name: 'progress',
    async start(run) {
      // Of this run: one callback may see several.
      started = performance.now();
      before = run.done;
      images = 0;
      if (run.done > 0) say(`${name(run)}: resumed after ${run.history.length} of its epochs`);
      if (stream.isTTY !== true) return;
      const { default: cliProgress } = await import('cli-progress');
      bar = new cliProgress.SingleBar(
        {
          format: (options, { progress: share }, payload) => {
            const drawn = (size: number): string => {
              const done = Math.round(share * size);
              const [full = '', empty = ''] = [options.barCompleteString, options.barIncompleteString];
              return `${name(run)} ${full.slice(0, done)}${empty.slice(0, size - done)} ${Math.floor(share * 100)}%`;
            };
            return fitted(drawn, payload as Readonly<Record<string, string>>, stream.columns ?? Infinity);
          },
          stream: stream as NodeJS.WritableStream,
          hideCursor: true,
          clearOnComplete: true,
          barsize: 24,
          fps: 5,
        },
        cliProgress.Presets.shades_classic,
      );
      bar.start(run.total, run.done, { place: '', rate: '…', left: '…', terms: '' });
    },
    step(report, run) {
      images += report.batchSize;
      const { rate, left } = pace(started, images, run.done - before, run.total - run.done);
      const place = `${report.phase} epoch ${report.epoch + 1}/${report.epochs}`;
      bar?.update(run.done, { place, rate, left, terms: termsText(report.terms) });
    },
    epoch(report, run) {
      if (bar !== undefined) return;
      const { rate, left } = pace(started, images, run.done - before, run.total - run.done);
      say(`${name(run)}: ${epochText(report)}, ${rate} img/s, ETA ${left}`);
    },
    warn: (message) => {
      say(`Warning: ${message}`);
    },
    end() {
      bar?.stop();
      bar = undefined;
    },
  };
}

const isStream: OptionCheck = (value) =>
  typeof value === 'object' && value !== null && 'write' in value ? undefined : 'a stream to write to';

function standardError(): ProgressStream {
  nodeModule('node:fs', 'progress on a terminal');
  return process.stderr;
}

/**
 * The bar and what stands behind it, no wider than the terminal: terms go first, then the pace, the place, and most of the bar.
 */
function fitted(
  drawn: (size: number) => string,
  { place = '', rate = '', left = '', terms = '' }: Readonly<Record<string, string>>,
  columns: number,
): string {
  const [pace, rest] = [`${rate} img/s`, `ETA ${left}`];
  const choices = [
    [drawn(24), place, pace, rest, terms],
    [drawn(24), place, pace, rest],
    [drawn(24), place, rest],
    [drawn(24), rest],
    [drawn(8), rest],
    [drawn(8)],
  ].map((parts) => parts.join(' | '));
  return choices.find((line) => line.length < columns) ?? (choices.at(-1) ?? '').slice(0, columns - 1);
}

function pace(started: number, images: number, done: number, left: number): { rate: string; left: string } {
  const seconds = (performance.now() - started) / 1000;
  return { rate: (images / seconds).toFixed(0), left: duration((seconds / Math.max(1, done)) * left) };
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function termsText(terms: Readonly<Record<string, TermReport>>): string {
  return Object.entries(terms)
    .map(([name, { value }]) => `${name} ${value.toPrecision(4)}`)
    .join(', ');
}

function epochText(report: EpochReport): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const validation = report.validation.map((entry) => percent(entry.accuracy)).join(', ');
  const shown = validation === '' ? '' : `, validation ${validation}`;
  return `${report.phase} epoch ${report.epoch + 1}, ${termsText(report.terms)}${shown}`;
}

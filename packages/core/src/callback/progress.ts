import type { SingleBar } from 'cli-progress';
import { checkOptions, optional, text } from '../option/index.js';
import type { OptionCheck } from '../option/index.js';
import { isNode } from '../platform/node-module.js';
import type { Callback, RunControl } from '../train/callback.js';
import type { EpochReport, StepReport, TermReport } from '../train/report.js';

/** The parts of a terminal or file stream that {@link progress} uses. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** The progress of a run, for a page that draws its own display. */
export interface ProgressReport {
  readonly kind: 'start' | 'step' | 'epoch' | 'warning' | 'end';
  readonly label: string;
  /** Steps done and to do over all phases. */
  readonly done: number;
  readonly total: number;
  /** Training speed since the run started or resumed; 0 before the first step. */
  readonly imagesPerSecond: number;
  /** Undefined before the first step. */
  readonly secondsLeft: number | undefined;
  /** With kind `step`: the step's report. */
  readonly step?: StepReport;
  /** With kind `epoch`: the epoch's report, including validation. */
  readonly epoch?: EpochReport;
  /** With kind `warning`: the warning. */
  readonly message?: string;
}

export interface ProgressOptions {
  /** Where to write. Default: standard error, or the console in a page; nowhere if `onProgress` is given. */
  readonly stream?: ProgressStream | undefined;
  /** Called for every step, epoch and warning, and at the start and end: for a page's own display. */
  readonly onProgress?: ((report: ProgressReport) => void) | undefined;
  /** Name of the run. Default: the method's name and the seed. */
  readonly label?: string | undefined;
}

/**
 * Shows the progress of a run: on a terminal a bar with images per second and remaining time, elsewhere one
 * line per epoch. A page that draws its own display passes `onProgress`.
 */
export function progress(given: ProgressOptions = {}): Callback {
  const {
    onProgress,
    stream = onProgress === undefined ? standardError() : SILENT,
    label,
  } = checkOptions<ProgressOptions>(
    'progress',
    given,
    { stream: undefined, onProgress: undefined, label: undefined },
    { stream: optional(isStream), onProgress: optional(isFunction), label: optional(text) },
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
  let running: RunControl | undefined;
  const tell = (kind: ProgressReport['kind'], details: Partial<ProgressReport> = {}): void => {
    if (onProgress === undefined || running === undefined) return;
    const { done, total } = running;
    const isUnderWay = images > 0;
    const { rate, left } = measuredPace(started, images, done - before, total - done);
    const imagesPerSecond = isUnderWay ? rate : 0;
    const secondsLeft = isUnderWay ? left : undefined;
    onProgress({ kind, label: name(running), done, total, imagesPerSecond, secondsLeft, ...details });
  };

  return {
    name: 'progress',
    async start(run) {
      // Reset: one callback may serve several runs.
      started = performance.now();
      before = run.done;
      images = 0;
      running = run;
      tell('start');
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
            // A terminal of unknown width reports 0.
            const width = (stream.columns ?? 0) || Infinity;
            return fitted(drawn, payload as Readonly<Record<string, string>>, width);
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
      tell('step', { step: report });
      const { rate, left } = pace(started, images, run.done - before, run.total - run.done);
      const place = `${report.phase} epoch ${report.epoch + 1}/${report.epochs}`;
      bar?.update(run.done, { place, rate, left, terms: termsText(report.terms) });
    },
    epoch(report, run) {
      tell('epoch', { epoch: report });
      if (bar !== undefined) return;
      const { rate, left } = pace(started, images, run.done - before, run.total - run.done);
      say(`${name(run)}: ${epochText(report)}, ${rate} img/s, ETA ${left}`);
    },
    warn: (message) => {
      tell('warning', { message });
      const who = running === undefined ? label : name(running);
      say(`Warning: ${who === undefined ? '' : `${who}: `}${message}`);
    },
    end() {
      tell('end');
      running = undefined;
      bar?.stop();
      bar = undefined;
    },
  };
}

const isStream: OptionCheck = (value) =>
  typeof value === 'object' && value !== null && 'write' in value ? undefined : 'a stream to write to';

const isFunction: OptionCheck = (value) =>
  typeof value === 'function' ? undefined : 'a function that receives the progress';

const SILENT: ProgressStream = { write: () => undefined };

function standardError(): ProgressStream {
  if (isNode()) return process.stderr;
  return {
    write(line) {
      // A page has no standard error; its console is the equivalent.
      console.info(line.trimEnd());
    },
  };
}

/**
 * The bar and its details, no wider than the terminal. Dropped in order: terms, pace, place, most of the bar,
 * time left.
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

function measuredPace(
  started: number,
  images: number,
  done: number,
  left: number,
): { rate: number; left: number } {
  const seconds = (performance.now() - started) / 1000;
  return { rate: images / seconds, left: (seconds / Math.max(1, done)) * left };
}

function pace(started: number, images: number, done: number, left: number): { rate: string; left: string } {
  const measured = measuredPace(started, images, done, left);
  return { rate: measured.rate.toFixed(0), left: duration(measured.left) };
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

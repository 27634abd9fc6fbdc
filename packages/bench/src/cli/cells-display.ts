import { cellName } from '../run/cells.js';
import type { MatrixCell } from '../run/cells.js';
import type { CellsWatcher } from '../cell/train-cells.js';
import { durationText, widthOf } from '../terminal/index.js';

/** Shortest time between two updates of the status line, in milliseconds. */
const BETWEEN = 200;

/** Smallest share of the work that an estimate of the remaining time is made from: copying a teacher is almost none. */
const LEAST_SHARE = 1e-4;
/** The same in the first seconds, most of which processes take to start. */
const FIRST_SHARE = 0.02;
const FIRST_SECONDS = 30;

/**
 * Shows the progress of a run's cells: on a terminal one updated line, elsewhere one line per finished cell. The remaining time is
 * estimated from the share of the work that was done while this process watched.
 *
 * @param cells the remaining cells
 * @param before the number of cells that were already done
 * @param work the amount of work of a cell, in any unit
 */
export function cellsDisplay(
  cells: readonly MatrixCell[],
  before: number,
  work: (cell: MatrixCell) => number = () => 1,
  stream: NodeJS.WriteStream = process.stderr,
): CellsWatcher & { end(): void } {
  const started = performance.now();
  const shares = new Map<string, number>();
  /** Initial shares of resumed cells. */
  const first = new Map<string, number>();
  const count = { done: before, failed: 0 };
  const amounts = new Map(cells.map((cell) => [cell.name, work(cell)]));
  const amountOf = (name: string): number => amounts.get(name) ?? 0;
  const amount = { done: 0, left: [...amounts.values()].reduce((sum, each) => sum + each, 0) };
  const total = before + cells.length;
  let drawn = 0;

  const status = (): string => {
    const running = [...shares].map(([name, share]) => `${name} ${Math.floor(100 * share)} %`);
    const left = total - count.done - count.failed - running.length;
    const ofRunning = (since: ReadonlyMap<string, number>): number =>
      [...shares].reduce((sum, [name, share]) => sum + (share - (since.get(name) ?? 0)) * amountOf(name), 0);
    const gained = amount.done + ofRunning(first);
    const missing = amount.left - ofRunning(new Map());
    const seconds = (performance.now() - started) / 1000;
    const isKnown = gained > (seconds < FIRST_SECONDS ? FIRST_SHARE : LEAST_SHARE) * (gained + missing);
    const eta = isKnown ? durationText((seconds / gained) * missing) : '…';
    return [
      `${count.done} of ${total} done`,
      `${count.failed} failed`,
      `${left} left`,
      `ETA ${eta}`,
      ...(running.length === 0 ? [] : [`running: ${running.join(', ')}`]),
    ].join(' | ');
  };
  const draw = (isDue: boolean): void => {
    if (!stream.isTTY || (!isDue && performance.now() - drawn < BETWEEN)) return;
    drawn = performance.now();
    stream.write(`\r\u001b[K${status().slice(0, widthOf(stream) - 1)}`);
  };
  const say = (text: string): void => {
    stream.write(`${stream.isTTY ? '\r\u001b[K' : ''}${text}\n`);
    draw(true);
  };

  return {
    say,
    progress(cell, share) {
      const name = cellName(cell);
      if (!shares.has(name)) first.set(name, share);
      shares.set(name, share);
      draw(false);
    },
    ended({ cell, state, reason }, again) {
      const name = cellName(cell);
      shares.delete(name);
      if (state === 'done') {
        count.done += 1;
        amount.done += (1 - (first.get(name) ?? 0)) * amountOf(name);
      } else if (!again && state !== 'interrupted') count.failed += 1;
      if (!again && state !== 'interrupted') amount.left -= amountOf(name);
      if (state === 'failed' || state === 'diverged')
        say(`${name} ${state}${again ? ', and will be tried again' : ''}: ${reason ?? ''}`);
      if (stream.isTTY) draw(true);
      else if (state !== 'interrupted') say(status());
    },
    end() {
      if (stream.isTTY) stream.write('\r\u001b[K');
    },
  };
}

import { widthOf } from './style.js';

/** Progress of long work: one updated line on a terminal, a line every ten seconds elsewhere. */
export interface TerminalMeter {
  /** @param done units of the total */
  update(done: number): void;
  stop(): void;
}

/** Milliseconds between two lines. */
const EVERY = { terminal: 100, file: 10_000 };

export function terminalMeter(
  title: string,
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = () => performance.now(),
): TerminalMeter {
  const begun = now();
  let shown = begun;
  let reached = 0;
  const line = (): string => {
    const seconds = (now() - begun) / 1000;
    const rate = reached / Math.max(seconds, 1e-3);
    const left = reached === 0 ? '' : `, ${timeText((total - reached) / rate)} left`;
    const share = Math.floor((100 * reached) / Math.max(total, 1));
    return `${title}: ${count(reached)} of ${count(total)} (${share} %), ${count(Math.round(rate))} a second${left}`;
  };
  const write = (): void =>
    void stream.write(stream.isTTY ? `\r${line().slice(0, widthOf(stream) - 1)}\u001b[K` : `${line()}\n`);
  return {
    update(done) {
      reached = done;
      if (now() - shown < (stream.isTTY ? EVERY.terminal : EVERY.file)) return;
      shown = now();
      write();
    },
    stop() {
      const seconds = (now() - begun) / 1000;
      const last = `${title}: ${count(reached)} of ${count(total)} in ${timeText(seconds)}`;
      stream.write(stream.isTTY ? `\r${last}\u001b[K\n` : `${last}\n`);
    },
  };
}

const count = (value: number): string => value.toLocaleString('en-US');

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

import { styleText } from 'node:util';

/** What a piece of text is to the reader. One format each: of several, Node 20 shows the colours everywhere. */
const STYLES = {
  heading: 'bold',
  good: 'green',
  warning: 'yellow',
  error: 'red',
  quiet: 'dim',
} as const;

/**
 * Text with colours where they are shown: on a terminal, unless NO_COLOR says otherwise; elsewhere only if FORCE_COLOR does.
 *
 * @param stream where the text goes
 */
export function styled(
  style: keyof typeof STYLES,
  text: string,
  stream: NodeJS.WritableStream = process.stdout,
): string {
  return styleText(STYLES[style], text, { stream });
}

/** Columns of the terminal that a text goes to; no end elsewhere, and on a terminal that does not know its width: it says 0. */
export function widthOf(stream: NodeJS.WritableStream): number {
  const { columns = 0 } = stream as Partial<NodeJS.WriteStream>;
  return columns > 0 ? columns : Infinity;
}

/** Seconds as a reader takes them in: `40 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

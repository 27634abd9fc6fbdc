import { styleText } from 'node:util';

/** Styles by the role of a text. One format each: with several, Node 20 prints colours on every stream. */
const STYLES = {
  heading: 'bold',
  good: 'green',
  warning: 'yellow',
  error: 'red',
  quiet: 'dim',
} as const;

/**
 * Coloured text: on a terminal unless NO_COLOR is set, elsewhere only if FORCE_COLOR is.
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

/** Columns of a terminal; Infinity for other streams, and for a terminal that reports a width of 0. */
export function widthOf(stream: NodeJS.WritableStream): number {
  const { columns = 0 } = stream as Partial<NodeJS.WriteStream>;
  return columns > 0 ? columns : Infinity;
}

/** A readable duration: `40 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

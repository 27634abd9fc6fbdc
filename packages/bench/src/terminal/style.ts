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

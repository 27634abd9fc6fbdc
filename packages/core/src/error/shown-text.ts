import { describeValue } from './describe-value.js';

// Line breaks and other control characters, marks that change text direction, and lone surrogates.
const UNPRINTABLE =
  /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A user's text, safe to display: one line with control characters escaped (`\n`, `\u{1b}`), cut to `limit`
 * characters. The rest is never read, so the cost does not depend on the text's length.
 */
export function shownText(text: string, limit = 200): string {
  // Untyped callers may pass anything as a name.
  if (typeof text !== 'string') return shownText(describeValue(text), limit);
  // Cut again afterwards: an escape is longer than the character it replaces.
  return cut(escaped(cut(text, limit)), limit);
}

/** Longer runs of characters without a space come from user data, not from our text or a typed path. */
const LONGEST_WORD = 300;

/** Like {@link shownText} for several lines of our own that may contain words from a user. */
export function shownLines(text: string, limit: number): string {
  if (typeof text !== 'string') return shownText(text, limit);
  const short = cut(text, limit).replace(/\S{300,}/g, (word) => cut(word, LONGEST_WORD));
  return cut(short.split('\n').map(escaped).join('\n'), limit);
}

const cut = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;

function escaped(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => NAMED[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

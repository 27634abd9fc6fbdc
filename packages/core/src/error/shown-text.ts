import { describeValue } from './describe-value.js';

// Line breaks and other control characters, marks that turn the direction of text, and halves of surrogate pairs.
const UNPRINTABLE =
  /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A user's text, safe to display: one line without control characters (`\n`, `\u{1b}` stand for them), cut to `limit`
 * characters. What is cut is never looked at, so that a text of any length costs the same.
 */
export function shownText(text: string, limit = 200): string {
  // Callers without types name places by anything.
  if (typeof text !== 'string') return shownText(describeValue(text), limit);
  // Once more behind: an escape is longer than what it stands for.
  return cut(escaped(cut(text, limit)), limit);
}

/** More characters without a space are no word of ours, nor a path that somebody would type. */
const LONGEST_WORD = 300;

/** The same for a text of several lines that are ours, with words of a user's among them. */
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

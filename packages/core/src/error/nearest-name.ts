import { distance } from 'fastest-levenshtein';
import { shownText } from './shown-text.js';

/** Maximum number of names shown, and characters of each: the names may be the columns of a user's table. */
const MOST_NAMES = 100;
const LONGEST_NAME = 60;
/** Longer names are not compared: no name is close to them, and comparing takes time in proportion to length. */
const LONGEST_COMPARED = 200;

/**
 * A hint for a name that does not exist: `Did you mean 'stage2'? Available: stage1, stage2, …`.
 *
 * @param name the requested name
 * @param known the existing names; the hint lists all of them, up to 100
 */
export function nearestNameHint(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'There are none.';
  const more = known.length > MOST_NAMES ? ` and ${known.length - MOST_NAMES} more` : '';
  const shown = known.slice(0, MOST_NAMES).map((each) => shownText(each, LONGEST_NAME));
  const available = `Available: ${shown.join(', ')}${more}.`;
  // Untyped callers may pass anything.
  if (typeof name !== 'string' || name.length > LONGEST_COMPARED) return available;
  const asked = name.toLowerCase();
  const away = (other: string): number => {
    const there = other.toLowerCase();
    // At least three letters: shorter texts begin too many names.
    const begins = asked.length > 2 && (there.startsWith(asked) || asked.startsWith(there));
    const letters = distance(asked, there);
    return begins ? Math.min(2, letters) : letters;
  };
  const nearest =
    known
      .filter(({ length }) => length <= LONGEST_COMPARED)
      .map((each) => ({ each, letters: away(each) }))
      .sort((a, b) => a.letters - b.letters)[0]?.each ?? '';
  // A short name is within two edits even of names without a common letter.
  const close = away(nearest) <= Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1);
  return `${close ? `Did you mean '${shownText(nearest)}'? ` : ''}${available}`;
}

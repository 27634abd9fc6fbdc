import { distance } from 'fastest-levenshtein';
import { shownText } from './shown-text.js';

/** Names, and characters of each, that are shown: what there is may be the columns of a user's table. */
const MOST_NAMES = 100;
const LONGEST_NAME = 60;
/** Nothing is near a text of megabytes, and comparing takes as long as it is. */
const LONGEST_COMPARED = 200;

/**
 * A hint for a name that does not exist: `Did you mean 'stage2'? Available: stage1, stage2, …`.
 *
 * @param name what was asked for
 * @param known what there is; all of them are listed, unless they are very many, so that one look is enough
 */
export function nearestNameHint(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'There are none.';
  const more = known.length > MOST_NAMES ? ` and ${known.length - MOST_NAMES} more` : '';
  const shown = known.slice(0, MOST_NAMES).map((each) => shownText(each, LONGEST_NAME));
  const available = `Available: ${shown.join(', ')}${more}.`;
  // Callers without types ask for anything.
  if (typeof name !== 'string' || name.length > LONGEST_COMPARED) return available;
  const asked = name.toLowerCase();
  const away = (other: string): number => {
    const there = other.toLowerCase();
    // Three letters: a single one begins too many names.
    const begins = asked.length > 2 && (there.startsWith(asked) || asked.startsWith(there));
    const letters = distance(asked, there);
    return begins ? Math.min(2, letters) : letters;
  };
  const nearest =
    known
      .filter(({ length }) => length <= LONGEST_COMPARED)
      .map((each) => ({ each, letters: away(each) }))
      .sort((a, b) => a.letters - b.letters)[0]?.each ?? '';
  // A name with no letter in common is as far away as it is long, however short that is.
  const close = away(nearest) <= Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1);
  return `${close ? `Did you mean '${shownText(nearest)}'? ` : ''}${available}`;
}

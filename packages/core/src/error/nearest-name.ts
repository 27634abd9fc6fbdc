import { distance } from 'fastest-levenshtein';

/**
 * A hint for a name that does not exist: `Did you mean 'stage2'? Available: stage1, stage2, …`.
 *
 * @param name what was asked for
 * @param known what there is; all of them are listed, so that one look is enough
 */
export function nearestNameHint(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'There are none.';
  // Callers without types ask for anything. Nothing is near a text of megabytes, and comparing takes as long as it is.
  if (typeof name !== 'string' || name.length > 200) return `Available: ${known.join(', ')}.`;
  const asked = name.toLowerCase();
  const away = (other: string): number => {
    const there = other.toLowerCase();
    // Three letters: a single one begins too many names.
    const begins = asked.length > 2 && (there.startsWith(asked) || asked.startsWith(there));
    const letters = distance(asked, there);
    return begins ? Math.min(2, letters) : letters;
  };
  const nearest = [...known].sort((a, b) => away(a) - away(b))[0] ?? '';
  // A name with no letter in common is as far away as it is long, however short that is.
  const close = away(nearest) <= Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1);
  return `${close ? `Did you mean '${nearest}'? ` : ''}Available: ${known.join(', ')}.`;
}

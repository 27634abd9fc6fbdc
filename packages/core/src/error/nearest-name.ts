import { distance } from 'fastest-levenshtein';

/**
 * Words for a name that is not there: `Did you mean 'stage2'? There are: stage1, stage2, …`.
 *
 * @param name what was asked for
 * @param known what there is; all of them are listed, so that one look is enough
 */
export function nearestNameHint(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'There are none.';
  const byDistance = [...known].sort((a, b) => distance(name, a) - distance(name, b));
  const nearest = byDistance[0] ?? '';
  const close =
    distance(name.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(name.length / 3));
  return `${close ? `Did you mean '${nearest}'? ` : ''}There are: ${known.join(', ')}.`;
}

/** What stands at a position of a query's gallery. */
export type GalleryRole = 'match' | 'other' | 'ignored';

/**
 * Ranks of a query's matches: the gallery is put in order of falling score (equal scores in order of position), ignored
 * entries are taken out, and each match's place is counted from 1.
 *
 * Sorts the matches only: O(gallery · log matches).
 *
 * @param scores score of each gallery entry, higher is nearer
 * @param role what each entry is
 * @returns ascending; empty when there is no match
 */
export function matchRanks(scores: ArrayLike<number>, role: (position: number) => GalleryRole): Int32Array {
  const score = (position: number): number => scores[position] ?? 0;
  const precedes = (a: number, b: number): boolean => score(a) > score(b) || (score(a) === score(b) && a < b);
  const matches: number[] = [];
  const others: number[] = [];
  for (let position = 0; position < scores.length; position++) {
    const entry = role(position);
    if (entry === 'match') matches.push(position);
    else if (entry === 'other') others.push(position);
  }
  if (matches.length === 0) return new Int32Array();
  matches.sort((a, b) => (precedes(a, b) ? -1 : 1));
  const othersBefore = new Int32Array(matches.length);
  for (const other of others) {
    let low = 0;
    let high = matches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (precedes(other, matches[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    if (low < matches.length) othersBefore[low] = (othersBefore[low] ?? 0) + 1;
  }
  let before = 0;
  return othersBefore.map((count, matchesBefore) => {
    before += count;
    return before + matchesBefore + 1;
  });
}

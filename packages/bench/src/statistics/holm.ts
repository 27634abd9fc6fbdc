/**
 * Holm's correction of p-values for multiple tests. With the `m` values in ascending order, the `i`th becomes
 * `max over j ≤ i of (m − j + 1) · p_j`, at most 1. Rejecting below 0.05 after it keeps the probability of any false rejection in the
 * family at 5 % or less, however the tests depend on each other.
 *
 * @returns the corrected values in the given order
 * @see Holm 1979, "A simple sequentially rejective multiple test procedure"
 */
export function holmAdjusted(ps: readonly number[]): readonly number[] {
  const ascending = ps.map((p, place) => ({ p, place })).sort((a, b) => a.p - b.p);
  const adjusted = [...ps];
  let largest = 0;
  for (const [before, { p, place }] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - before) * p));
    adjusted[place] = largest;
  }
  return adjusted;
}

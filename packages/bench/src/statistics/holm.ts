/**
 * Holm's correction: p values as they may be read when any of several tests would have been picked for its outcome. With
 * the `m` values in ascending order, the `i`th becomes `max over j ≤ i of (m − j + 1) · p_j`, at most 1. Below 0.05 after
 * that, at most one family of tests in twenty has a false one among those it calls true, however they depend on each other.
 *
 * @returns in the order given
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

/** Number of partial sums of a filter's gradient: fixed, so that the result does not depend on the threads. */
const GROUPS = 16;
/** Maximum bytes of all partial sums together. */
const GROUP_BYTES = 2 ** 25;

/** The groups of `groupSize` images, the last of what is left, that have a partial sum of `bytes` each. */
export function groupsOf(images: number, bytes: number): { groups: number; groupSize: number } {
  const fitting = Math.max(Math.min(GROUPS, Math.floor(GROUP_BYTES / bytes)), 1);
  const groupSize = Math.ceil(images / fitting);
  return { groups: Math.ceil(images / groupSize), groupSize };
}

/** True for an array or a typed array. */
export const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** Numbers of values that the last axes of a shape hold: of the last one, of the last two, … */
const ends = (shape: readonly number[]): readonly number[] =>
  shape.map((_, at) => shape.slice(at).reduce((product, axis) => product * axis, 1));

/**
 * True for values of several axes that are not whole rows, pixels or images: their axes are in another order.
 *
 * @param imageShape `[height, width, channels]`
 */
export const isTurned = (shape: readonly number[], imageShape: readonly number[]): boolean => {
  const [pixels, ...whole] = [...ends(imageShape), 1];
  return ends(shape).some((count) => count < pixels && !whole.includes(count));
};

/** The entries of nested lists in order, and the lengths of the first list of each level. */
export function flattened(given: unknown): { readonly flat: unknown[]; readonly shape: number[] } {
  const shape: number[] = [];
  for (let level: unknown = given; isList(level); level = level[0]) shape.push(level.length);
  const entries = (value: unknown): unknown[] => {
    const list = isList(value) ? Array.from(value) : [value];
    return list.some(isList) ? list.flatMap(entries) : list;
  };
  return { flat: entries(given), shape };
}

/** True for an array or a typed array. */
export const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

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

/** A whole number, also as a table with missing values writes it: `2.0`. */
const WHOLE = /^-?\d+(?:\.0+)?$/;

/** Distinct names: in numeric order if all are whole numbers, else in byte order. */
export function sortedNames(values: readonly string[]): readonly string[] {
  const distinct = [...new Set(values)];
  return distinct.every((value) => WHOLE.test(value))
    ? distinct.sort((a, b) => Number(a) - Number(b))
    : distinct.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The same names, without the decimals of whole numbers if all are such. */
export function plainNames(values: readonly (string | undefined)[]): readonly (string | undefined)[] {
  const areWhole = values.every((value) => value === undefined || WHOLE.test(value));
  return areWhole ? values.map((value) => value?.replace(/\.0+$/, '')) : values;
}

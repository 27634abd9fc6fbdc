import { shownText } from '@distilljs/core';

/** A whole number, also as a table with missing values writes it: `2.0`. */
const WHOLE = /^-?\d+(?:\.0+)?$/;

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A name without blanks around it, and with accents in one form: some systems store them apart from their letters. */
export const cleanName = (name: string): string => name.trim().normalize('NFC');

/** Distinct names: in numeric order if all are whole numbers, else in byte order. */
export function sortedNames(values: readonly string[]): readonly string[] {
  const distinct = [...new Set(values)];
  return distinct.every((value) => WHOLE.test(value))
    ? distinct.sort((a, b) => Number(a) - Number(b) || byBytes(a, b))
    : distinct.sort(byBytes);
}

/** The same names, without the decimals of whole numbers if all are such. */
export function plainNames(values: readonly (string | undefined)[]): readonly (string | undefined)[] {
  const areWhole = values.every((value) => value === undefined || WHOLE.test(value));
  return areWhole ? values.map((value) => value?.replace(/\.0+$/, '')) : values;
}

/** Names that look alike for a reader are probably one class: `Cat` and `cat`, `01` and `1`. They stay apart, with a note, which also asks about classes called `nan`. */
export function nameNotes(classNames: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const name of classNames) {
    const folded = name.toLowerCase().replace(/^0+(?=\d+$)/, '');
    groups.set(folded, [...(groups.get(folded) ?? []), name]);
  }
  const missing = classNames.filter((name) => /^(?:nan|null|<na>)$/i.test(name));
  const notes =
    missing.length === 0
      ? []
      : [`${missing.join(', ')} is a class. If it stands for a missing label, leave the label empty.`];
  const alike = [...groups.values()].filter((names) => names.length > 1);
  if (alike.length === 0) return notes;
  const shown = alike.slice(0, 5).map((names) => names.map((name) => shownText(name, 40)).join(' and '));
  const more = alike.length > 5 ? `, and ${alike.length - 5} more` : '';
  return [
    ...notes,
    `Classes that differ only in upper and lower case or in leading zeros are separate classes: ${shown.join(', ')}${more}. If they are one class, give them one name.`,
  ];
}

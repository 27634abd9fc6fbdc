import { InvalidArgumentError } from 'commander';

/** Collects the values of a repeatable flag. */
export const append = (value: string, before: readonly string[] = []): string[] => [...before, value];
/** `a, b` */
export const names = (value: string): string[] => value.split(',').map((name) => name.trim());

export function number(value: string): number {
  // Stricter than Number, which also accepts hexadecimal digits, Infinity and surrounding blanks.
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value) && Number.isFinite(Number(value)))
    return Number(value) + 0;
  throw new InvalidArgumentError('Not a number.');
}

export const numbers = (value: string): number[] => names(value).map(number);

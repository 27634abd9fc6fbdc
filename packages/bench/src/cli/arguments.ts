import { InvalidArgumentError } from 'commander';

/** The values of a flag that may be given several times. */
export const append = (value: string, before: readonly string[] = []): string[] => [...before, value];
/** `a, b` */
export const names = (value: string): string[] => value.split(',').map((name) => name.trim());

export function number(value: string): number {
  // Not what Number alone takes: hexadecimal digits, Infinity, blanks around.
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value) && Number.isFinite(Number(value)))
    return Number(value) + 0;
  throw new InvalidArgumentError('Not a number.');
}

export const numbers = (value: string): number[] => names(value).map(number);

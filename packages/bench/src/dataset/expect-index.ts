import { DistillError } from '@distilljs/core';

/**
 * Throws unless `index` is one of the dataset's images.
 *
 * @param name the dataset's
 * @throws DistillError code `data`
 */
export function expectIndex(name: string, index: number, size: number): void {
  if (Number.isInteger(index) && index >= 0 && index < size) return;
  throw new DistillError({
    code: 'data',
    where: `${name}: image(index)`,
    expected: `a whole number from 0 to ${size - 1}`,
    got: String(index),
  });
}

import { basename, dirname } from 'node:path';
import type { Split } from '../format.js';

const SPLITS: Readonly<Record<Split, RegExp>> = {
  train: /^(?:train|training|tr)$/,
  validation: /^(?:val|valid|validation|dev)$/,
  test: /^(?:test|testing|te|t10k|eval)$/,
};

/** `X_train`, `trainX`, `train-images` in words. */
export const words = (name: string): readonly string[] =>
  (name.match(/[A-Z]?[a-z]+(?:10k)?|[A-Z]+(?![a-z])|\d+/g) ?? []).map((word) => word.toLowerCase());

/** The split named by `name`, else by the file's name, else by its folder's name. */
export function splitOf(path: string, name = ''): Split | undefined {
  const stem = basename(path).replace(/\.\w+$/, '');
  for (const text of [name, stem, basename(dirname(path))]) {
    const found = (Object.keys(SPLITS) as Split[]).find((split) =>
      words(text).some((word) => SPLITS[split].test(word)),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

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

/** Words that say nothing beside the name of a split: `train_set`, `val2017`, `test-images`. */
const NEUTRAL = /^(?:sets?|data|dataset|split|images?|imgs?|\d+)$/;
const SPLIT_NAMES = Object.keys(SPLITS) as Split[];

/** The split that a name stands for as a whole: `dev`, `test_set`. Undefined for `val.bak`, which says something else too. */
export function splitNamed(name: string): Split | undefined {
  const [word, ...more] = words(name).filter((each) => !NEUTRAL.test(each));
  if (word === undefined || more.length > 0 || /[^\w\s.-]/.test(name)) return undefined;
  return SPLIT_NAMES.find((split) => SPLITS[split].test(word));
}

/** The split named by `name`, else by the file's name, else by its folder's name. */
export function splitOf(path: string, name = ''): Split | undefined {
  const stem = basename(path).replace(/\.\w+$/, '');
  for (const text of [name, stem, basename(dirname(path))]) {
    const found = SPLIT_NAMES.find((split) => words(text).some((word) => SPLITS[split].test(word)));
    if (found !== undefined) return found;
  }
  return undefined;
}

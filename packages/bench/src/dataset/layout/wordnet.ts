import { basename } from 'node:path';
import { readDataText } from '../../file/index.js';
import { dataError } from '../bytes/byte-stream.js';

/** A WordNet identity as ImageNet's class folders have it, e.g. `n01443537`. */
export const WNID = /^n\d{8}$/;

/** ImageNet's lists are a few megabytes. */
const LONGEST_LIST = 64 * 2 ** 20;

/** The non-empty lines of a text file. */
export const linesOf = (path: string, most = LONGEST_LIST): readonly string[] =>
  readDataText(path, 'a text file', most)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/**
 * Readable class names: the first word that a list (`words.txt`, `LOC_synset_mapping.txt`) has for each identity, followed by
 * the identity where two classes share a word (ImageNet has two cranes).
 *
 * @param list the path of the list, or its content; undefined: identities serve as names
 */
export function classNames(
  identities: readonly string[],
  list: string | ReadonlyMap<string, string> | undefined,
): readonly string[] {
  if (list === undefined) return identities;
  const words = typeof list === 'string' ? wordsIn(list) : list;
  const names = identities.map((identity) => words.get(identity)?.split(',')[0]?.trim() || identity);
  const seen = new Map<string, number>();
  for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
  return names.map((name, label) =>
    (seen.get(name) ?? 0) > 1 ? `${name} (${identities[label] ?? ''})` : name,
  );
}

const wordsIn = (list: string): ReadonlyMap<string, string> =>
  new Map(
    linesOf(list).map((line) => {
      const [, identity = '', name = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
      return [identity, name] as const;
    }),
  );

/** The error, code `data`, for a malformed line. */
export const badLine = (path: string, line: number, expected: string, got: string): Error =>
  dataError(
    `${path}, line ${line + 1}`,
    expected,
    `'${got.slice(0, 120)}'`,
    `Restore ${basename(path)} from the archive.`,
  );

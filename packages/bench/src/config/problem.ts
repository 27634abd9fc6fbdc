import type { z } from 'zod';
import { DistillError, nearestNameHint, shownText } from '@distilljs/core';
import type { ConfigLayer, Path, Problem } from './layers.js';
import { valueAt } from './layers.js';

export type { Problem } from './layers.js';

/** A problem at a path of the configuration, in whichever layer. */
export interface Conflict {
  readonly path: Path;
  readonly expected: string;
  /** Default: the value at the path. */
  readonly got?: string | undefined;
  readonly hint?: string | undefined;
  /** The key is wrong, not its value. */
  readonly isKey?: boolean;
}

/** More would scroll the important lines away. */
const MOST_LISTED = 50;

/** The problems of a schema issue: one, or one for each unknown key. */
export function issueProblems(
  issue: z.core.$ZodIssue,
  merged: unknown,
  layers: readonly ConfigLayer[],
): readonly Problem[] {
  const path = plainPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    // A mapping's message for this is the list of its keys: see `mapping` in fields.ts.
    const known = issue.message.split(', ');
    return issue.keys.map((key, place) => ({
      where: placeOf([...path, key], layers, true),
      expected: 'a known key',
      got: shown(key),
      // Finding the nearest name is slow, and later keys are not listed.
      hint: place < MOST_LISTED ? nearestNameHint(key, known) : undefined,
    }));
  }
  const got = valueAt(merged, path);
  const [expected = '', ownHint] = issue.message.split('\n');
  const words = knownWords(issue);
  const hint =
    words && (typeof got === 'string' ? nearestNameHint(got, words) : `Available: ${words.join(', ')}.`);
  return [{ where: placeOf(path, layers), expected, got: shown(got), hint: ownHint ?? hint }];
}

export const plainPath = (path: readonly PropertyKey[]): Path =>
  path.map((step) => (typeof step === 'symbol' ? String(step) : step));

/** The valid words, where the issue is about a word. */
function knownWords(issue: z.core.$ZodIssue): readonly string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && 'options' in issue)
    // Only `runBench` sets the dataset `given`.
    return (issue.options as readonly unknown[])
      .filter((word) => word !== undefined && word !== 'given')
      .map(String);
  return undefined;
}

export function conflictProblem(
  { path, expected, got, hint, isKey }: Conflict,
  merged: unknown,
  layers: readonly ConfigLayer[],
): Problem {
  return { where: placeOf(path, layers, isKey), expected, got: got ?? shown(valueAt(merged, path)), hint };
}

/**
 * One error for all problems, so that the user sees them at once.
 *
 * @param name the configuration's name, for messages with several problems
 * @param most the maximum number listed
 */
export function problemError(name: string, problems: readonly Problem[], most = MOST_LISTED): DistillError {
  const [first, ...others] = problems;
  if (first !== undefined && others.length === 0) return new DistillError({ code: 'config', ...first });
  const listed = problems.slice(0, most);
  const lines = listed.map(
    ({ where, expected, got, hint }) =>
      `\n  ${where}: expected ${expected}, got ${got}.${hint === undefined ? '' : ` ${hint}`}`,
  );
  const more = problems.length - listed.length;
  return new DistillError({
    code: 'config',
    where: name,
    expected: 'a valid configuration',
    got: `${problems.length} problems`,
    hint: `${lines.join('')}${more === 0 ? '' : `\n  and ${more.toLocaleString('en-US')} more`}`,
  });
}

/**
 * The place of a value: in the topmost layer that has it. The place of a missing value is the deepest existing mapping on its
 * path.
 */
export function placeOf(path: Path, layers: readonly ConfigLayer[], key = false): string {
  const name = path.map((step) => shownText(String(step), 60)).join('.');
  for (let depth = path.length; depth > 0; depth--) {
    for (const layer of layers.toReversed()) {
      const found = layer.locate(path.slice(0, depth), key || depth < path.length);
      if (found !== undefined) return `${found}, ${name}`;
    }
  }
  return `${layers.at(-1)?.name ?? 'configuration'}${name === '' ? '' : `, ${name}`}`;
}

/** A value for messages, in at most 60 characters. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `'${shownText(value, 58)}'`;
  return shownText(typeof value === 'number' ? String(value) : JSON.stringify(value), 60);
}

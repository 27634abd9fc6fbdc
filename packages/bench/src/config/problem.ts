import type { z } from 'zod';
import { DistillError, nearestNameHint, shownText } from '@distilljs/core';
import type { ConfigLayer, Path, Problem } from './layers.js';
import { valueAt } from './layers.js';

export type { Problem } from './layers.js';

/** Something that is wrong at a path, wherever that stands. */
export interface Conflict {
  readonly path: Path;
  readonly expected: string;
  /** Default: what is there. */
  readonly got?: string | undefined;
  readonly hint?: string | undefined;
  /** The key is wrong, not its value. */
  readonly isKey?: boolean;
}

/** More would scroll away what matters. */
const MOST_LISTED = 50;

/** What a schema's issue means to the writer: one problem, or one for each key that is not known. */
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
      // Comparing takes longer than all the rest, and no more are listed.
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

/** The words that would have been right, where the issue is about a word. */
function knownWords(issue: z.core.$ZodIssue): readonly string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && 'options' in issue)
    return (issue.options as readonly unknown[]).filter((word) => word !== undefined).map(String);
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
 * One error for all problems, so that one look is enough.
 *
 * @param name the configuration's, for messages with several problems
 * @param most the number that is listed
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
 * Where a value stands: in the topmost layer that has it; a missing one stands where it should have been, at the
 * deepest mapping on its way that is there.
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

/** A value as messages show it, in 60 characters. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `'${shownText(value, 58)}'`;
  return shownText(typeof value === 'number' ? String(value) : JSON.stringify(value), 60);
}

import type { z } from 'zod';
import { DistillError, nearestNameHint } from '@distilljs/core';
import type { Conflict } from './conflicts.js';
import type { ConfigLayer, Path } from './layer.js';
import { valueAt } from './layer.js';

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** `run.yaml:4:3, student.model`. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string | undefined;
}

/** What a schema's issue means to the writer: one problem, or one for each key that is not known. */
export function issueProblems(
  issue: z.core.$ZodIssue,
  merged: unknown,
  layers: readonly ConfigLayer[],
): readonly Problem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const got = valueAt(merged, path);
  if (issue.code === 'unrecognized_keys') {
    // A mapping's message for this is the list of its keys: see `mapping` in fields.ts.
    const known = issue.message.split(', ');
    return issue.keys.map((key) => ({
      where: place([...path, key], layers, true),
      expected: 'a key that exists',
      got: `'${key}'`,
      hint: nearestNameHint(key, known),
    }));
  }
  const words = knownWords(issue);
  const hint =
    words && (typeof got === 'string' ? nearestNameHint(got, words) : `There are: ${words.join(', ')}.`);
  const expected = issue.code === 'invalid_union' ? 'a name that is known' : issue.message;
  return [{ where: place(path, layers), expected, got: shown(got), hint }];
}

/** The words that would have been right, where the issue is about a word. */
function knownWords(issue: z.core.$ZodIssue): readonly string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union' && 'options' in issue)
    return (issue.options as readonly unknown[]).map(String);
  return undefined;
}

export function conflictProblem(
  conflict: Conflict,
  merged: unknown,
  layers: readonly ConfigLayer[],
): Problem {
  const { path, expected, got, hint } = conflict;
  return { where: place(path, layers), expected, got: shown(got ?? valueAt(merged, path)), hint };
}

/**
 * One error for all problems, so that one look is enough.
 *
 * @param name the configuration's, for messages with several problems
 */
export function problemError(name: string, problems: readonly Problem[]): DistillError {
  const [first, ...others] = problems;
  if (first !== undefined && others.length === 0) return new DistillError({ code: 'config', ...first });
  const lines = problems.map(
    ({ where, expected, got, hint }) =>
      `\n  ${where}: expected ${expected}, got ${got}.${hint === undefined ? '' : ` ${hint}`}`,
  );
  return new DistillError({
    code: 'config',
    where: name,
    expected: 'a valid configuration',
    got: `${problems.length} problems`,
    hint: lines.join(''),
  });
}

/**
 * Where a value stands: in the topmost layer that has it; a missing one stands where it should have been, at the
 * deepest mapping on its way that is there.
 */
function place(path: Path, layers: readonly ConfigLayer[], key = false): string {
  const name = path.join('.');
  for (let depth = path.length; depth > 0; depth--) {
    for (const layer of layers.toReversed()) {
      const found = layer.locate(path.slice(0, depth), key || depth < path.length);
      if (found !== undefined) return `${found}, ${name}`;
    }
  }
  return `${layers.at(-1)?.name ?? 'configuration'}${name === '' ? '' : `, ${name}`}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `'${value}'`;
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

import { inspect } from 'node:util';
import type { Arbitrary } from 'fast-check';
import { isDistillError } from '@distilljs/core';
import { isSystemError, systemErrorText } from '../../src/cli/output.js';

/** One kind of input, and what must hold for each of its cases. */
export interface FuzzTarget<Case = unknown> {
  readonly name: string;
  /** Cases are plain data: they are made in one process and checked in another. */
  readonly arbitrary: Arbitrary<Case>;
  /**
   * Hands one case to the product.
   *
   * @param folder an empty folder of the case's own
   * @returns `right`, or the code of the error that refused it
   * @throws Fault, or whatever the product should not have thrown
   */
  readonly check: (input: Case, folder: string) => Promise<string>;
}

/** A target among others. */
export function target<Case>(description: FuzzTarget<Case>): FuzzTarget {
  return description as unknown as FuzzTarget;
}

/** Something that must hold and does not. */
export class Fault extends Error {
  override readonly name = 'Fault';
}

/** @throws Fault unless it holds */
export function must(holds: boolean, what: string, ...seen: readonly unknown[]): void {
  if (holds) return;
  throw new Fault(
    [what, ...seen.map((each) => inspect(each, { depth: 8, maxStringLength: 2000 }))].join('\n'),
  );
}

const LONGEST_MESSAGE = 4000;
/** What a list of many mistakes may take, a line each. */
const LONGEST_LIST = 25_000;
/** Messages of JavaScript about the program's own code: a user can do nothing with them. */
const FROM_INSIDE =
  /\[object |Cannot read propert|is not a function|is not iterable|is not defined|Cannot convert undefined|Invalid array length|call stack|\n\s+at .*:\d+:\d+|Cannot destructure|circular structure/i;

/**
 * Runs the product on a case.
 *
 * @param run returns what came out right; nothing stands for `right`
 * @returns what `run` returns, or the code of a proper refusal
 */
export async function outcome(run: () => unknown): Promise<string> {
  try {
    const result = await run();
    return typeof result === 'string' ? result : 'right';
  } catch (error) {
    return refusalCode(error);
  }
}

/** The code of an error that says what a user needs; any other error is thrown on. */
export function refusalCode(error: unknown): string {
  if (isSystemError(error)) {
    const text = systemErrorText(error);
    expectMessage(text);
    must(/['"][^'"]+['"]/.test(text), 'an error of the system says where', text);
    return error.code ?? 'system';
  }
  if (!isDistillError(error)) throw error;
  const { where, expected, got, message, code } = error;
  for (const field of [where, expected, got]) {
    must(field.trim() !== '' && field !== 'undefined', 'where, expected and got are said', {
      where,
      expected,
      got,
    });
  }
  expectMessage(message);
  return code;
}

/** What every text to a user holds to. */
export function expectMessage(text: string): void {
  const limit = text.split('\n').length > 3 ? LONGEST_LIST : LONGEST_MESSAGE;
  must(
    text.length <= limit,
    `a message of at most ${limit} characters, not ${text.length}`,
    text.slice(0, 500),
  );
  must(!/[^\P{Cc}\n]/u.test(text), 'a message without control characters', text);
  must(!FROM_INSIDE.test(text), 'a message for users, not one of the code', text);
}

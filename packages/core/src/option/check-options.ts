import { describeValue, DistillError, nearestNameHint } from '../error/index.js';
import type { DistillErrorCode } from '../error/index.js';
import { readOrRefuse } from '../error/first-line.js';
import { wholeNumber } from './checks.js';
import type { OptionCheck } from './checks.js';

const AN_OBJECT = 'an object of options';

/** One check per option, with none missing. */
export type OptionChecks<Options> = Readonly<Record<keyof Options, OptionCheck>>;

/**
 * Merges the given options over the defaults and checks each. An option that is `undefined` keeps its default.
 *
 * @param owner whose options they are, e.g. `kd`
 * @throws DistillError code `option` for an option that does not exist or has a wrong value
 */
export function checkOptions<Options extends object>(
  owner: string,
  given: Partial<Options>,
  defaults: Options,
  checks: OptionChecks<Options>,
): Readonly<Options> {
  expectOption(owner, given, (options) => (isPlain(options) ? undefined : AN_OBJECT));
  expectKnown(owner, given, Object.keys(checks));
  const read = (): [string, unknown][] => Object.entries(given);
  const entries = readOrRefuse({ code: 'option', where: owner, expected: 'options that can be read' }, read);
  const set = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const options = { ...defaults, ...set };
  for (const [name, check] of Object.entries<OptionCheck>(checks)) {
    expectOption(`${owner}.${name}`, options[name as keyof Options], check);
  }
  return Object.freeze(options);
}

/**
 * Throws for an option that does not exist: otherwise it would be silently ignored.
 *
 * @param meant says what to write instead, if that is known
 * @throws DistillError code `option`, or the given code
 */
export function expectKnown(
  where: string,
  given: unknown,
  known: readonly string[],
  {
    meant = renamed,
    code = 'option',
  }: {
    readonly meant?: (name: string, known: readonly string[]) => string | undefined;
    readonly code?: DistillErrorCode;
  } = {},
): void {
  const fields = typeof given === 'object' && given !== null ? given : {};
  // An instance of a class may carry the options. A Map or a promise has none of them.
  if (!isPlain(given) && !known.some((each) => each in fields))
    throw new DistillError({ code, where, expected: AN_OBJECT, got: describeValue(given) });
  const name = Object.keys(fields).find((each) => !known.includes(each));
  if (name === undefined) return;
  const hint = meant(name, known) ?? nearestNameHint(name, known);
  throw new DistillError({ code, where, expected: 'a known option', got: `'${name}'`, hint });
}

/** False for a Map or an instance of a class: its options may not be own fields and would be ignored. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Throws unless a value passes the check.
 *
 * @param where the option, or function and argument, e.g. `tarAtFar(fars)`
 * @throws DistillError code `option`
 */
export function expectOption(where: string, value: unknown, check: OptionCheck): void {
  const expected = check(value);
  if (expected === undefined) return;
  throw new DistillError({ code: 'option', where, expected, got: describeValue(value) });
}

/**
 * Throws unless each argument is a whole number above 0.
 *
 * @param where the function, e.g. `poolingMatrix`
 * @throws DistillError code `option`
 */
export function expectSizes(where: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes))
    expectOption(`${where}(${name})`, size, wholeNumber({ min: 1 }));
}

/** The hint for `alpha`, which is ambiguous: it may weight the labels or the teacher. */
function renamed(name: string, known: readonly string[]): string | undefined {
  if (name !== 'alpha' || !known.includes('ceWeight')) return undefined;
  return 'Set ceWeight (labels) and kdWeight (teacher): each term has a weight of its own.';
}

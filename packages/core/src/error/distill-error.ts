import { shownLines, shownText } from './shown-text.js';

/** The kind of error, as one word that a program can switch on. */
export type DistillErrorCode =
  | 'option' // an option of a method, sampler, loss or of `distill` itself
  | 'config' // a configuration file or a command line flag
  | 'tap' // a layer name that the network does not have, or that the phase did not declare
  | 'shape' // a tensor or network whose shape does not fit
  | 'network' // a model that cannot be trained or frozen as it is
  | 'contract' // a method for another version of the contract, or one that violates it
  | 'engine' // an engine that is missing, lacks a kernel, or failed
  | 'data' // a dataset or a data file
  | 'checkpoint' // a checkpoint that is damaged, in a foreign format, or from another run
  | 'numeric' // NaN or Infinity where a finite number is needed
  | 'platform'; // something that this platform (browser, Node, its files) does not have or refuses

/** The fields of every {@link DistillError}. Its message consists of `where`, `expected`, `got` and `hint`. */
export interface DistillErrorFields {
  readonly code: DistillErrorCode;
  /** The function, option path, file (with line or byte offset) or phase and step concerned. */
  readonly where: string;
  /** The valid input or state. */
  readonly expected: string;
  /** What was found instead. */
  readonly got: string;
  /** How to fix it, as an imperative sentence. */
  readonly hint?: string | undefined;
  /** The underlying error, if there is one. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for('distilljs.error');

/** Maximum characters of a field: names, paths and values from users may have any length. */
const LONGEST_FIELD = 1000;
/** Maximum characters of a hint, which may list many problems, one per line. */
const LONGEST_HINT = 20_000;

/**
 * The one error class of distilljs: `where: expected …, got …. Hint.`
 *
 * The fields show control characters as escapes; very long ones are truncated.
 *
 * Recognize it with {@link isDistillError}, not `instanceof`: the ESM and CJS builds each have a copy of the class.
 */
export class DistillError extends Error implements DistillErrorFields {
  readonly code: DistillErrorCode;
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly hint: string | undefined;

  constructor(fields: DistillErrorFields) {
    const where = shownText(fields.where, LONGEST_FIELD);
    const expected = shownText(fields.expected, LONGEST_FIELD);
    // A thrown error may have no message.
    const got = shownText(fields.got, LONGEST_FIELD).trim() || 'nothing';
    const hint = fields.hint === undefined ? undefined : shownLines(fields.hint, LONGEST_HINT);
    // Messages of foreign errors are often whole sentences with a full stop.
    const ended = got.replace(/(?<=[^.])\.$/, '');
    super(`${where}: expected ${expected}, got ${ended}.${hint === undefined ? '' : ` ${hint}`}`, {
      cause: fields.cause,
    });
    this.name = 'DistillError';
    this.code = fields.code;
    this.where = where;
    this.expected = expected;
    this.got = got;
    this.hint = hint;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for every {@link DistillError}, whichever copy of the class made it. */
export function isDistillError(value: unknown): value is DistillError {
  return value instanceof Error && BRAND in value;
}

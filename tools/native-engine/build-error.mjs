const BRAND = Symbol.for('distilljs.native-engine.error');

/**
 * What every {@link BuildError} says: where, what would have been right, what was there, and what to do about it.
 *
 * @typedef {object} BuildErrorFields
 * @property {string} where the step, tool or path concerned
 * @property {string} expected
 * @property {string} got
 * @property {string} hint an imperative sentence
 * @property {string} [output] the end of what a program printed, which the message ends with
 * @property {unknown} [cause]
 */

/** The one error of the native-engine builder: `where: expected …, got …. Hint.`, then a program's output if any. */
export class BuildError extends Error {
  /** @param {BuildErrorFields} fields */
  constructor({ where, expected, got, hint, output, cause }) {
    const printed = output === undefined || output === '' ? '' : `\n\n${output}`;
    super(`${where}: expected ${expected}, got ${got}. ${hint}${printed}`, { cause });
    this.name = 'BuildError';
    this.where = where;
    this.expected = expected;
    this.got = got;
    this.hint = hint;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * The {@link BuildError} for what the operating system refused (a folder that cannot be written, a full disk);
 * undefined for any other error.
 *
 * @param {unknown} error
 */
export function refusedBySystem(error) {
  const { syscall, path, code } = /** @type {NodeJS.ErrnoException} */ (error ?? {});
  if (!(error instanceof Error) || syscall === undefined || code === undefined) return undefined;
  return new BuildError({
    where: path === undefined ? syscall : `${syscall} ${path}`,
    expected: 'the system to allow it',
    got: error.message,
    hint: 'See that the folder can be written and its disk has room; --cache names another for all but the binding.',
    cause: error,
  });
}

/**
 * True for a {@link BuildError}; anything else that is thrown is a fault of the builder itself.
 *
 * @param {unknown} value
 * @returns {value is BuildError}
 */
export function isBuildError(value) {
  return value instanceof Error && BRAND in value;
}

/**
 * One problem, in the form of the library's errors.
 *
 * @typedef {object} Problem
 * @property {string} where file (with line where there is one) or field concerned
 * @property {string} expected what would have been right
 * @property {string} got what was there instead
 * @property {string} hint what to do about it, as an imperative sentence
 */

/** @param {Problem} problem */
export function problemText({ where, expected, got, hint }) {
  return `${where}: expected ${expected}, got ${got}. ${hint}`;
}

/**
 * Prints the problems, or one line that there are none, and sets the exit code.
 *
 * @param {string} what the name of the check
 * @param {readonly Problem[]} problems
 */
export function report(what, problems) {
  for (const problem of problems) console.error(problemText(problem));
  if (problems.length === 0) console.log(`${what}: in order`);
  else {
    console.error(`${what}: ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
    process.exitCode = 1;
  }
}

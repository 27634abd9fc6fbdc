/** @import { Reporter, TestModule } from 'vitest/node' */

/**
 * Vitest reporter that ends the run with one machine-readable line, `N passed, N failed[, N skipped]`. Above it, one line each, are the
 * tests that failed and those that passed only on a retry, because often only the end of a long log is kept.
 *
 * Failures outside tests (a file that does not load, a hook that throws, an uncaught error, a run without tests) count as one failure
 * each, so that the line never looks better than the exit code.
 *
 * @implements {Reporter}
 */
export default class CountReporter {
  #count = { passed: 0, failed: 0, skipped: 0 };
  /** @type {string[]} */
  #lines = [];

  constructor() {
    // Printed last, when the process exits: other reporters and coverage print before.
    process.once('exit', (code) => {
      const { passed, skipped } = this.#count;
      const failed = code === 0 ? this.#count.failed : Math.max(1, this.#count.failed);
      if (failed > 0) process.exitCode = code || 1;
      process.stdout.write(
        `\n${this.#lines.map((line) => `${line}\n`).join('')}\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
      );
    });
  }

  /** @param {ReadonlyArray<TestModule>} modules @param {ReadonlyArray<unknown>} unhandled */
  onTestRunEnd(modules, unhandled) {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    const lines = unhandled.map((error) => failed('outside of a test', [error]));
    for (const module of modules) {
      for (const suite of [module, ...module.children.allSuites()]) {
        const errors = suite.errors();
        if (errors.length === 0) continue;
        count.failed += 1;
        lines.push(failed('fullName' in suite ? nameOf(module, suite) : nameOf(module), errors));
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed') count.passed += 1;
        else if (state === 'skipped') count.skipped += 1;
        else count.failed += 1;
        if (state === 'failed') lines.push(failed(nameOf(module, test), errors));
        else if (state === 'pending')
          lines.push(failed(nameOf(module, test), ['it never ended, or never ran']));
        else if (test.diagnostic()?.flaky === true)
          lines.push(`PASSED WHEN TRIED AGAIN ${nameOf(module, test)}: ${firstLine(errors)}`);
      }
    }
    this.#count = count;
    this.#lines = lines;
  }
}

/** @param {TestModule} module @param {{ fullName: string }} [part] */
const nameOf = (module, part) =>
  part === undefined ? module.relativeModuleId : `${module.relativeModuleId} > ${part.fullName}`;

/** @param {string} name @param {ReadonlyArray<unknown> | undefined} errors */
const failed = (name, errors) => `FAILED ${name}: ${firstLine(errors)}`;

/** @param {ReadonlyArray<unknown> | undefined} errors */
function firstLine(errors) {
  const [error] = errors ?? [];
  const message = error instanceof Object && 'message' in error ? error.message : error;
  return String(message ?? 'no message').split('\n', 1)[0];
}

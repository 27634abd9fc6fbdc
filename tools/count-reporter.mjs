/** @import { Reporter, TestModule } from 'vitest/node' */

/**
 * Vitest reporter: closes the run with one machine-readable line, `N passed, N failed[, N skipped]`.
 *
 * What broke before or beside a test (a file that does not load, a hook that throws, an error that nobody caught, a run
 * without any test) holds no test to count: each counts as one failure, so that the line never reads better than the
 * exit code.
 *
 * @implements {Reporter}
 */
export default class CountReporter {
  #count = { passed: 0, failed: 0, skipped: 0 };

  constructor() {
    // The very last thing that the process does: other reporters and coverage print until then.
    process.once('exit', (code) => {
      const { passed, skipped } = this.#count;
      const failed = code === 0 ? this.#count.failed : Math.max(1, this.#count.failed);
      if (failed > 0) process.exitCode = code || 1;
      process.stdout.write(
        `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
      );
    });
  }

  /** @param {ReadonlyArray<TestModule>} modules @param {ReadonlyArray<unknown>} unhandled */
  onTestRunEnd(modules, unhandled) {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      for (const suite of [module, ...module.children.allSuites()]) {
        if (suite.errors().length > 0) count.failed += 1;
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') count.passed += 1;
        else if (state === 'skipped') count.skipped += 1;
        else count.failed += 1;
      }
    }
    this.#count = count;
  }
}

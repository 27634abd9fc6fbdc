/**
 * Vitest reporter: closes the run with one machine-readable line, `N passed, N failed[, N skipped]`.
 * @implements {import('vitest/reporters').Reporter}
 */
export default class CountReporter {
  /** @param {ReadonlyArray<import('vitest/node').TestModule>} modules @param {ReadonlyArray<unknown>} unhandled */
  onTestRunEnd(modules, unhandled) {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests += 1;
        const state = test.result().state;
        if (state === 'passed') count.passed += 1;
        else if (state === 'skipped') count.skipped += 1;
        else count.failed += 1;
      }
      // A file that broke before its first test ran holds no test to count, and must not pass in silence.
      if (module.state() === 'failed' && tests === 0) count.failed += 1;
    }
    count.failed += unhandled.length;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    // After the summary of the default reporter, which prints in the same hook.
    setTimeout(() => process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`), 0);
  }
}

import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeTree } from './test-tree.mjs';

const ROOT = join(import.meta.dirname, '..');

/**
 * Exit code and last line of a run of these test files.
 *
 * @param {Readonly<Record<string, string>>} tests sources by name
 */
function closing(tests) {
  const files = Object.entries(tests).map(([name, source]) => [
    `${name}.test.mjs`,
    `import { afterAll, beforeAll, describe, expect, it } from 'vitest';\n${source}\n`,
  ]);
  const reporter = JSON.stringify(join(ROOT, 'tools/count-reporter.mjs'));
  const config = `export default { test: { reporters: ['default', ${reporter}], testTimeout: 300 } };`;
  const root = writeTree({ 'vitest.config.mjs': config, ...Object.fromEntries(files) });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'junction');
  const run = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: root,
    encoding: 'utf8',
    // The run under test is nobody's worker.
    env: { PATH: process.env['PATH'] },
  });
  return { status: run.status, last: run.stdout.trimEnd().split('\n').at(-1) };
}

it('closes a run that passes with its count', () => {
  const run = closing({
    some: "it('a', () => {}); it('b', () => {}); it.skip('c', () => {}); it.todo('d');",
    skipped: "describe.skip('e', () => { it('f', () => {}); });",
  });
  expect(run).toEqual({ status: 0, last: '2 passed, 0 failed, 3 skipped' });
});

it('counts every way to fail once', () => {
  const run = closing({
    passes: "it('a', () => {});",
    fails: "it('a', () => { expect(1).toBe(2); });",
    hangs: "it('a', () => new Promise(() => {}));",
    doesNotLoad: "import './nowhere.mjs';",
    doesNotParse: "it('a', () => {",
    isEmpty: '',
    beforeThrows: "describe('s', () => { beforeAll(() => { throw new Error('b'); }); it('a', () => {}); });",
    afterThrows: "it('a', () => {}); afterAll(() => { throw new Error('a'); });",
    rejectsAside: "it('a', () => { void Promise.reject(new Error('aside')); });",
  });
  expect(run).toEqual({ status: 1, last: '3 passed, 8 failed, 1 skipped' });
});

it('takes a run without any test for a failure', () => {
  expect(closing({})).toEqual({ status: 1, last: '0 passed, 1 failed' });
});

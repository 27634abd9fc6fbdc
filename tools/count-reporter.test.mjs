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
  const config = `export default { test: { reporters: ['default', ${reporter}] } };`;
  const root = writeTree({ 'vitest.config.mjs': config, ...Object.fromEntries(files) });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'junction');
  const run = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: root,
    encoding: 'utf8',
    // The run under test is nobody's worker.
    env: { PATH: process.env['PATH'] },
  });
  const lines = run.stdout.trimEnd().split('\n');
  return { status: run.status, last: lines.at(-1), lines };
}

it('closes a run that passes with its count', () => {
  const run = closing({
    some: "it('a', () => {}); it('b', () => {}); it.skip('c', () => {}); it.todo('d');",
    skipped: "describe.skip('e', () => { it('f', () => {}); });",
  });
  expect(run).toMatchObject({ status: 0, last: '2 passed, 0 failed, 3 skipped' });
});

it('counts every way to fail once', () => {
  const run = closing({
    passes: "it('a', () => {});",
    fails: "it('a', () => { expect(1).toBe(2); });",
    hangs: "it('a', () => new Promise(() => {}), 300);",
    doesNotLoad: "import './nowhere.mjs';",
    doesNotParse: "it('a', () => {",
    isEmpty: '',
    beforeThrows: "describe('s', () => { beforeAll(() => { throw new Error('b'); }); it('a', () => {}); });",
    afterThrows: "it('a', () => {}); afterAll(() => { throw new Error('a'); });",
    rejectsAside: "it('a', () => { void Promise.reject(new Error('aside')); });",
  });
  expect(run).toMatchObject({ status: 1, last: '3 passed, 8 failed, 1 skipped' });
  expect(run.lines.filter((line) => line.startsWith('FAILED ')).sort()).toEqual([
    'FAILED afterThrows.test.mjs: a',
    'FAILED beforeThrows.test.mjs > s: b',
    expect.stringMatching(/^FAILED doesNotLoad\.test\.mjs: .*nowhere/),
    expect.stringMatching(/^FAILED doesNotParse\.test\.mjs: ./),
    'FAILED fails.test.mjs > a: expected 1 to be 2 // Object.is equality',
    'FAILED hangs.test.mjs > a: Test timed out in 300ms.',
    expect.stringMatching(/^FAILED isEmpty\.test\.mjs: No test suite found/),
    'FAILED outside of a test: aside',
  ]);
});

it('names a test that passed only when it was tried again', () => {
  const run = closing({
    wavers: "let times = 0; it('a', { retry: 1 }, () => { expect(++times).toBe(2); });",
  });
  expect(run).toMatchObject({ status: 0, last: '1 passed, 0 failed' });
  expect(run.lines).toContain(
    'PASSED WHEN TRIED AGAIN wavers.test.mjs > a: expected 1 to be 2 // Object.is equality',
  );
});

it('treats a run without any test as a failure', () => {
  expect(closing({})).toMatchObject({ status: 1, last: '0 passed, 1 failed' });
});

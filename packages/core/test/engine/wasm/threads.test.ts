import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { resolveEngine } from '../../../src/engine/resolve-engine.js';
import { bundledChild } from '../../bundled-child.js';
import { caught } from '../../caught.js';

const program = bundledChild(new URL('./threads-child.ts', import.meta.url));

/** @param asked by `resolveEngine`, which wins over the environment */
async function run(threads: number, asked?: number): Promise<{ version: string; digest: string }> {
  const more = asked === undefined ? [] : [String(asked)];
  const { stdout } = await promisify(execFile)(process.execPath, [program(), ...more], {
    env: { ...process.env, DISTILLJS_THREADS: String(threads) },
    timeout: 300_000,
  });
  return JSON.parse(stdout) as { version: string; digest: string };
}

test('any number of threads gives the same bytes, and lets the program end', async () => {
  const alone = await run(1);
  expect(alone.version).toMatch(/, 1 thread \(one processor for it, or one thread asked for\)$/);
  for (const threads of [2, 3, 5]) {
    const several = await run(threads);
    expect(several.version).toMatch(new RegExp(`, ${threads} threads$`));
    expect(several.digest).toBe(alone.digest);
  }
  const wished = await run(1, 2);
  expect(wished.version).toMatch(/, 2 threads$/);
  expect(wished.digest).toBe(alone.digest);
});

test.each([0, 1.5, 65, NaN, '2' as never])('%s threads are refused', async (threads) => {
  expect(await caught(() => resolveEngine('cpu', { threads }))).toMatchObject({
    code: 'option',
    where: 'resolveEngine, threads',
    expected: 'a whole number, at least 1 and at most 64',
  });
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundledChild } from '../../bundled-child.js';

const program = bundledChild(new URL('./threads-child.ts', import.meta.url));

async function run(threads: number): Promise<{ version: string; digest: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, [program()], {
    env: { ...process.env, DISTILLJS_THREADS: String(threads) },
    timeout: 300_000,
  });
  return JSON.parse(stdout) as { version: string; digest: string };
}

test('any number of threads gives the same bytes, and lets the program end', async () => {
  const alone = await run(1);
  expect(alone.version).toMatch(/, 1 thread \(one processor, or one thread asked for\)$/);
  for (const threads of [2, 3, 5]) {
    const several = await run(threads);
    expect(several.version).toMatch(new RegExp(`, ${threads} threads$`));
    expect(several.digest).toBe(alone.digest);
  }
});

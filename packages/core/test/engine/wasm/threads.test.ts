import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
let folder: string;

beforeAll(async () => {
  // Below the package, so that the bundle finds the packages that it leaves out.
  const cache = here('../../../node_modules/.cache/');
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'threads-'));
  await build({
    entry: { child: here('./threads-child.ts') },
    outDir: folder,
    format: 'esm',
    target: 'node20',
    skipNodeModulesBundle: true,
    config: false,
    dts: false,
    silent: true,
    outExtension: () => ({ js: '.mjs' }),
  });
});
afterAll(() => rm(folder, { recursive: true }));

async function run(threads: number): Promise<{ version: string; digest: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'child.mjs')], {
    env: { ...process.env, DISTILLJS_THREADS: String(threads) },
    timeout: 60_000,
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
}, 120_000);

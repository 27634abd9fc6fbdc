import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Figures } from './fuzz.js';
import { targets } from './targets/index.js';

const CASES = 200;
const names = targets.map(({ name }) => name);
const run = promisify(execFile);
let figures: readonly Figures[] = [];

describe('hostile input', () => {
  beforeAll(async () => {
    const script = fileURLToPath(new URL('main.mjs', import.meta.url));
    const args = [script, '--cases', String(CASES), '--seed', '1', '--json'];
    // A target that fails ends the program with 1, and says so in its line too.
    const { stdout } = await run(process.execPath, args).catch(
      (error: unknown) => error as { stdout: string },
    );
    figures = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Figures);
  }, 1_800_000);

  it.each(names)('is refused in words, or handled right: %s', (name) => {
    const found = figures.find(({ target }) => target === name);
    expect(found?.failure).toBe(null);
    expect(found?.cases).toBe(CASES);
    expect(found?.outcomes['right'] ?? 0).toBeGreaterThan(0);
  });
});

import { afterEach, expect, it, vi } from 'vitest';
import { main } from '../../src/cli.js';

afterEach(() => {
  vi.restoreAllMocks();
  for (const name of ['columns', 'isTTY']) Reflect.deleteProperty(process.stdout, name);
});

async function helpAt(columns: number, ...command: readonly string[]): Promise<readonly string[]> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true });
  Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true });
  expect(await main([...command, '--help'])).toBe(0);
  // The examples are commands to be copied: they stay on one line.
  return (out.split('\nExamples:')[0] ?? '').split('\n');
}

it.each([40, 60, 80, 120])('help fits into %i columns', async (columns) => {
  for (const command of [[], ['run'], ['speed'], ['worker']])
    for (const line of await helpAt(columns, ...command))
      expect(line.length, `${command.join()}: ${line}`).toBeLessThanOrEqual(columns);
});

it('puts descriptions below their terms where beside them there is no room', async () => {
  const lines = await helpAt(40);
  const at = lines.indexOf('  run [options]');
  expect(lines.slice(at, at + 3)).toEqual([
    '  run [options]',
    '      train the teacher and every method',
    '      with every seed, then write the',
  ]);
});

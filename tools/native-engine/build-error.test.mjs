import fs from 'node:fs';
import { expect, it } from 'vitest';
import { BuildError, isBuildError, refusedBySystem } from './build-error.mjs';
import { createReport, formatBytes } from './report.mjs';

it('a message says where, expected, got, what to do, and ends with what a program printed', () => {
  const fields = { where: 'compiler', expected: 'g++', got: 'none', hint: 'Install it.' };
  expect(new BuildError(fields).message).toBe('compiler: expected g++, got none. Install it.');
  expect(new BuildError({ ...fields, output: 'a\nb' }).message).toBe(
    'compiler: expected g++, got none. Install it.\n\na\nb',
  );
  expect(isBuildError(new BuildError(fields))).toBe(true);
  expect(isBuildError(new Error('x'))).toBe(false);
});

it('what the system refuses becomes such a message, a fault of the builder does not', () => {
  try {
    fs.readFileSync('/nowhere/at/all');
  } catch (error) {
    expect(refusedBySystem(error)?.message).toMatch(/^open \/nowhere\/at\/all: expected .*ENOENT/);
  }
  expect(refusedBySystem(new TypeError('x is not a function'))).toBeUndefined();
  expect(refusedBySystem(undefined)).toBeUndefined();
});

it('a report numbers its steps and indents their facts', () => {
  /** @type {string[]} */
  const lines = [];
  const report = createReport((line) => lines.push(line));
  report.step('One');
  report.fact('a\nb');
  report.step('Two');
  expect(lines).toEqual(['1. One', '   a\n   b', '2. Two']);
});

it.each([
  [999, '999 B'],
  [98_768, '98.8 kB'],
  [273_829_956, '273.8 MB'],
  [1_500_000_000, '1.50 GB'],
])('formatBytes(%d) is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

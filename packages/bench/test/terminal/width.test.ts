import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { terminalMeter, terminalTable, widthOf } from '../../src/terminal/index.js';

function terminal(columns: number): NodeJS.WriteStream & { readonly text: () => string } {
  let written = '';
  const write = (text: string): boolean => ((written += text), true);
  const stream = Object.assign(new Writable(), { isTTY: true, columns, write, text: () => written });
  return stream as unknown as NodeJS.WriteStream & { readonly text: () => string };
}

const COLUMNS = ['method', 'accuracy', 'parameters', 'seconds'].map((title) => ({ title }));
const ROW = ['student', '71.20 %', '272,474', '12.5'];

describe('a terminal that does not know its width', () => {
  it('is as wide as a pipe', () => {
    expect([0, 80].map((columns) => widthOf(terminal(columns)))).toEqual([Infinity, 80]);
    expect(widthOf(new Writable())).toBe(Infinity);
  });

  it('shows whole tables', () => {
    const whole = terminalTable(COLUMNS, [ROW], new Writable());
    for (const text of [...ROW, 'seconds']) expect(whole).toContain(text);
    expect(stripVTControlCharacters(terminalTable(COLUMNS, [ROW], terminal(0)))).toBe(whole);
    expect(terminalTable(COLUMNS, [ROW], terminal(30))).not.toContain('12.5');
  });

  it('shows what is vital in the narrowest', () => {
    const columns = [
      { title: 'method' },
      { title: 'seeds' },
      { title: 'test %', vital: true },
      { title: 'seconds' },
    ];
    const heads = (width: number): readonly string[] =>
      stripVTControlCharacters(terminalTable(columns, [['kd', '3', '71.20', '12.5']], terminal(width)))
        .split('\n')[1]
        ?.split('│')
        .map((cell) => cell.trim())
        .filter((cell) => cell !== '') ?? [];
    // Borders and spaces take 3 a column and 1: 6 + 5 + 6 + 7 letters and 13.
    expect(heads(37)).toEqual(['method', 'seeds', 'test %', 'seconds']);
    expect(heads(36)).toEqual(['method', 'seeds', 'test %']);
    expect(heads(26)).toEqual(['method', 'test %']);
    expect(heads(10)).toEqual(['method']);
  });

  it.each([
    [0, 'Images read: 500 of 1,000 (50 %), 500 a second, 1 s left'],
    [24, 'Images read: 500 of 1,0'],
  ])('shows whole lines of progress: %i columns', (columns, line) => {
    const stream = terminal(columns);
    let now = 0;
    const meter = terminalMeter('Images read', 1000, stream, () => now);
    now = 1000;
    meter.update(500);
    expect(stream.text()).toBe(`\r${line}\u001b[K`);
  });
});

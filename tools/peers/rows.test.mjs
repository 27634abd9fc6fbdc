import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.mjs';
import { jsonOf, textOf } from './print.mjs';
import { median, resultsOf, ROWS } from './rows.mjs';
import { runTorch } from './sides.mjs';

const found = {
  rounds: [
    new Map([
      ['node student', 80],
      ['torch student', 100],
    ]),
    new Map([
      ['node student', 60],
      ['torch student', 100],
    ]),
    new Map([
      ['node student', 200],
      ['torch student', 200],
    ]),
  ],
  missing: new Map([['wasm', 'no wasm here']]),
  versions: new Map([['PyTorch', '2.0']]),
  coresUsed: new Map([['node student', 1.9]]),
  parameters: new Set(['resnet20 5', 'resnet20 6']),
};
const rows = ROWS.filter(({ ours }) => ours === 'node student' || ours === 'wasm student');
const results = resultsOf(rows, found.rounds, found.missing);

describe('resultsOf', () => {
  it('takes the median of the ratios of rounds', () => {
    expect(results[0]).toMatchObject({ ratio: 0.8, target: 0.75, met: false, oursValue: 80, rounds: 3 });
  });

  it('says why a row is not there, and goes on', () => {
    expect(results[1]).toMatchObject({ ratio: null, met: null, missing: 'not measured' });
    expect(results.at(-1)).toMatchObject({ ratio: null, met: null, missing: 'no wasm here' });
  });

  it('has rows of different names', () => {
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
  });
});

it('prints ratios, targets, versions, threads, and networks that differ', () => {
  const options = parseOptions(['--threads', '2']);
  const text = textOf(results, found, options);
  for (const part of [
    '0.800',
    '≤ 0.75',
    'missed',
    'no wasm here',
    'PyTorch 2.0',
    '2 threads',
    'WARNING: resnet20',
  ])
    expect(text).toContain(part);
  const { ratios } = jsonOf(results, found, options);
  expect(ratios[rows[0]?.name ?? '']).toMatchObject({ ratio: 0.8, target: 0.75, met: false });
});

it('takes the middle, or the mean of both middles', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it('says how to get a PyTorch that is missing', async () => {
  const { missing } = await runTorch('no-such-python', [], 2);
  expect(missing).toMatch(/no-such-python.*Install PyTorch/);
});

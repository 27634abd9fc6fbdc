import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/index.js';
import {
  count,
  difference,
  figure,
  magnitude,
  overhead,
  points,
  probability,
  seconds,
} from '../../src/report/format.js';
import { configText } from '../../src/report/words.js';
import { METHODS, fixtureConfig } from './report-fixture.js';

describe('configText', () => {
  it('is a file that makes the same run', () => {
    const config = fixtureConfig(METHODS, 5);
    const odd = { name: 'kd', as: 'kd-hot', options: { temperature: 8, note: 'a: b' } };
    const longer = {
      ...config,
      methods: [...config.methods, odd, { name: 'kd', as: 'kd-again', options: {} }],
    };
    expect(parseConfig(configText(longer), 'config.yaml')).toEqual(longer);
    expect(configText(config).trim().split('\n')).toHaveLength(Object.keys(config).length);
  });
});

describe('numbers in words', () => {
  it('uses meaningful signs', () => {
    expect([0.0052, -0.0052, 0.000001, -0.000001].map(points)).toEqual(['+0.52', '−0.52', '0.00', '0.00']);
    expect([0.35, -0.02, 0.001, null].map(overhead)).toEqual(['+35 %', '−2 %', '0 %', '–']);
    expect(difference({ seeds: [1], mean: 0.01, ci95: null, p: null })).toBe('+1.00');
    expect(difference({ seeds: [1, 2], mean: 0.01, ci95: [0, 0.02], p: 0.0312 })).toBe('+1.00 (p 0.031)');
    expect(difference(null)).toBe('–');
  });

  it('has as many digits as one reads', () => {
    expect([0.1234, 12.345, 99.96, 310.4].map(seconds)).toEqual(['0.12', '12.3', '100', '310']);
    expect([860, 278_324, 40_817_664, 126_000_000, 2.5e9].map(magnitude)).toEqual([
      '860',
      '278 k',
      '40.8 M',
      '126 M',
      '2.5 G',
    ]);
    expect(count(1_736_564)).toBe('1,736,564');
    expect([0.01234, 12.345, 1234.5].map((value) => figure(value, 3))).toEqual(['0.0123', '12.3', '1,230']);
  });

  it('shows on which side of 0.05 a probability is', () => {
    expect([0.0004, 0.0312, 0.04951, 0.049999, 0.05, 0.0501].map(probability)).toEqual([
      ...['<0.001', '0.031', '0.0495', '0.0499', '0.050', '0.050'],
    ]);
  });
});

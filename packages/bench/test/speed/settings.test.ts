import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli.js';
import { speedSettings } from '../../src/speed/index.js';
import { methodNames } from '../../src/run/method-catalog.js';

describe('speedSettings', () => {
  it('takes every method of the catalog when none is named', () => {
    expect(speedSettings()).toMatchObject({ model: 'resnet20', teacher: 'resnet56', methods: methodNames });
  });

  it.each([
    [{ steps: 0 }, /speed\.steps: expected a whole number, at least 1, got 0/],
    [{ warmup: 1.5 }, /speed\.warmup/],
    [{ model: 'vgg' }, /speed\.model: expected one of "plain8"/],
    [{ methods: ['student', 'kdd'] }, /speed\.methods: expected a list, each entry one of "student"/],
    [{ methods: ['kd', 'kd'] }, /speed\.methods: expected at least one method, none twice/],
    [{ methods: [] }, /speed\.methods: expected at least one method/],
    [{ cachedViews: -1 }, /speed\.cachedViews/],
    [{ memorySteps: 1 }, /speed\.memorySteps: expected a whole number, at least 2/],
  ])('refuses %j', (given, message) => {
    expect(() => speedSettings(given)).toThrow(message);
  });

  it('makes the command line end with 2 before an engine starts', async () => {
    expect(await main(['speed', '--steps', '0'])).toBe(2);
    expect(await main(['speed', '--methods', 'kdd'])).toBe(2);
  });
});

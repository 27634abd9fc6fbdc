import { nearestNameHint } from '../../src/error/index.js';
import { describe, expect, it } from 'vitest';

describe('nearestNameHint', () => {
  it.each([
    ['stage22', ['stage1', 'stage2', 'logits'], "Did you mean 'stage2'? There are: stage1, stage2, logits."],
    ['STAGE2', ['stage1', 'stage2'], "Did you mean 'stage2'? There are: stage1, stage2."],
    ['alhpa', ['temperature', 'alpha'], "Did you mean 'alpha'? There are: temperature, alpha."],
    ['embedding', ['conv1', 'logits'], 'There are: conv1, logits.'],
    ['KD', ['ab', 'kd'], "Did you mean 'kd'? There are: ab, kd."],
    ['kd', ['ce', 'mi'], 'There are: ce, mi.'],
    ['anything', [], 'There are none.'],
    ['k'.repeat(5e6), ['kd'], 'There are: kd.'],
  ])('for %.20s among %j', (name, known, words) => {
    expect(nearestNameHint(name, known)).toBe(words);
  });
});

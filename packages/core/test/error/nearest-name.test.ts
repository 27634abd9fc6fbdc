import { nearestNameHint } from '../../src/error/index.js';
import { describe, expect, it } from 'vitest';

describe('nearestNameHint', () => {
  it.each([
    ['stage22', ['stage1', 'stage2', 'logits'], "Did you mean 'stage2'? Available: stage1, stage2, logits."],
    ['STAGE2', ['stage1', 'stage2'], "Did you mean 'stage2'? Available: stage1, stage2."],
    ['alhpa', ['temperature', 'alpha'], "Did you mean 'alpha'? Available: temperature, alpha."],
    ['batch', ['epochs', 'batchSize'], "Did you mean 'batchSize'? Available: epochs, batchSize."],
    ['teacherModel', ['model', 'teacher'], "Did you mean 'teacher'? Available: model, teacher."],
    ['embedding', ['conv1', 'logits'], 'Available: conv1, logits.'],
    ['KD', ['ab', 'kd'], "Did you mean 'kd'? Available: ab, kd."],
    ['kd', ['ce', 'mi'], 'Available: ce, mi.'],
    ['anything', [], 'There are none.'],
    ['k'.repeat(5e6), ['kd'], 'Available: kd.'],
    ['label', ['l'.repeat(500), 'lable'], `Did you mean 'lable'? Available: ${'l'.repeat(59)}…, lable.`],
    ['a', ['\u001b[2Jb'], 'Available: \\u{1b}[2Jb.'],
  ])('for %.20s among %j', (name, known, words) => {
    expect(nearestNameHint(name, known)).toBe(words);
  });

  it('lists a hundred names of very many', () => {
    const known = Array.from({ length: 1000 }, (_, at) => `column${at}`);
    const listed = known.slice(0, 100).join(', ');
    const words = `Did you mean 'column999'? Available: ${listed} and 900 more.`;
    expect(nearestNameHint('columnn999', known)).toBe(words);
  });
});

import { expect, test } from 'vitest';
import { kdSvd, mhgd, sensingPoints } from '../src/index.js';
import type { MhgdOptions } from '../src/index.js';
import { headEpochs } from '../src/phase/index.js';
import { tapsOf } from '../src/sensing-points.js';
import type { TapChoice } from '../src/sensing-points.js';

test('defaults are those of the authors’ code; options are plain data', () => {
  expect(mhgd().options).toEqual(mhgd.defaults);
  expect(mhgd().options).toMatchObject({
    heads: 8,
    candidates: 4,
    headDecay: 5e-4,
    headLearningRate: 0.1,
    ceWeight: 1,
    kdWeight: 0,
  });
  expect(JSON.parse(JSON.stringify(mhgd().options))).toStrictEqual(mhgd().options);
  expect(kdSvd().options).toEqual(kdSvd.defaults);
  expect(kdSvd().options).toMatchObject({ form: 'rank-1', vectors: 1, beta: 8 });
});

test('phase heads is 40 % of the epochs and at least 1,000 steps, or as many epochs as asked for', () => {
  expect([1, 10, 100].map((epochs) => headEpochs('auto', epochs, 390))).toEqual([3, 4, 40]);
  expect([1, 10, 100].map((epochs) => headEpochs('auto', epochs, 62))).toEqual([17, 17, 40]);
  expect(headEpochs(7, 100, 62)).toBe(7);
});

test('a family has a tap per stage', () => {
  expect(sensingPoints('wrn')).toEqual(['stage1', 'stage2', 'stage3']);
  expect(sensingPoints('vgg')).toEqual(['stage1_pool', 'stage2_pool', 'stage3_pool', 'stage4', 'stage5']);
  expect(() => (sensingPoints('wrn') as string[]).push('stage4')).toThrow(TypeError);
  expect(() => sensingPoints('vgg16' as 'vgg')).toThrow(
    /sensingPoints: expected one of 'plain', 'resnet', .*got 'vgg16'.*Did you mean 'vgg'/s,
  );
});

const withStages = (count: number): { name: string; tapNames: string[] } => ({
  name: `of ${count}`,
  tapNames: ['stem', ...Array.from({ length: count }, (_, at) => `stage${at + 1}`), 'stage1_block1_output'],
});
const five = ['stage1', 'stage2', 'stage3', 'stage4', 'stage5'];

test.each<[number, number, TapChoice, TapChoice, readonly string[], readonly string[]]>([
  [3, 3, 'auto', 'auto', five.slice(0, 3), five.slice(0, 3)],
  [3, 5, 'auto', 'auto', five.slice(0, 3), five.slice(2)],
  [5, 4, 'auto', 'auto', five.slice(1), five.slice(0, 4)],
  [5, 4, 'auto', ['stage1', 'stage3'], five.slice(3), ['stage1', 'stage3']],
  [3, 5, 'resnet', 'mobilenetv2', five.slice(0, 3), five],
])(
  'of %i and %i stages %j and %j stand for %j and %j',
  (ofStudent, ofTeacher, student, teacher, own, its) => {
    const networks = { student: withStages(ofStudent), teacher: withStages(ofTeacher) };
    expect(tapsOf('mhgd', networks, { student, teacher })).toEqual({ student: own, teacher: its });
  },
);

test('auto needs stages', () => {
  const networks = { student: withStages(3), teacher: withStages(1) };
  expect(() => tapsOf('mhgd', networks, { student: 'auto', teacher: 'auto' })).toThrow(
    /mhgd\.teacherTaps, network 'of 1': expected taps named 'stage1', .*got 'stage1' alone.*createNetwork/s,
  );
});

test.each([
  [{ headEpochs: 1e9 }, /mhgd\.headEpochs: .*a whole number of at most 100,000, got 1000000000/],
  [{ headEpochs: 0 }, /mhgd\.headEpochs: expected one of "auto", or a whole number, at least 1, got 0/],
  [{ heads: 1e9 }, /mhgd\.heads: expected a whole number, at least 1 and at most 256, got 1000000000/],
  [{ headLearningRate: 0 }, /mhgd\.headLearningRate: expected a number above 0/],
  [{ headDecay: -1 }, /mhgd\.headDecay: expected a number of at least 0/],
  [{ candidates: 0 }, /mhgd\.candidates: expected a whole number, at least 1/],
  [{ kdWeight: -1 }, /mhgd\.kdWeight: expected a number of at least 0/],
  [{ dropHeads: 'no' }, /mhgd\.dropHeads: expected true or false/],
  [
    { studentTaps: [1] },
    /mhgd\.studentTaps: expected one of "plain", .*, or a list, each entry a non-empty string/,
  ],
  [{ teacherTaps: 'vgg16' }, /mhgd\.teacherTaps: expected one of "plain", .*"vgg"/],
])('%o is refused', (options, message) => {
  expect(() => mhgd(options as unknown as Partial<MhgdOptions>)).toThrow(message);
});

import { expect, it } from 'vitest';
import { loadDataset, loadUnseenClasses } from '../../src/dataset/index.js';
import { isUnseen } from '../../src/dataset/unseen-classes.js';
import { cifarRecords, refusal, withFolder } from './cifar-fixture.js';

it('spreads unseen classes evenly over the labels', () => {
  const chosen = (unseen: number, classes: number): readonly number[] =>
    Array.from({ length: classes }, (_, label) => label).filter((label) => isUnseen(label, unseen, classes));
  expect(chosen(20, 100).slice(0, 3)).toEqual([4, 9, 14]);
  expect(chosen(20, 100)).toHaveLength(20);
  expect(chosen(3, 10)).toEqual([3, 6, 9]);
});

const every = Array.from({ length: 10 }, (_, label) => [label]);
const files = {
  'data_batch_1.bin': cifarRecords([...every, [3], [8]]),
  'test_batch.bin': cifarRecords([[9], [0], [4], [3]], 50),
};

it('trains and tests on the other classes, and keeps these as queries and gallery', async () => {
  await withFolder(files, async (dir) => {
    const source = { name: 'cifar10', dir, unseenClasses: 3 } as const;
    const [train, test] = [await loadDataset(source, 'train'), await loadDataset(source, 'test')];
    // Without 3, 6 and 9: 4 and 5 become 3 and 4, 7 and 8 become 5 and 6.
    expect(train).toMatchObject({ classes: 7, size: 8 });
    expect([...(train.labels ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 6]);
    expect([...(test.labels ?? [])]).toEqual([0, 3]);
    const whole = await loadDataset({ name: 'cifar10', dir }, 'train');
    expect(train.image(3)).toEqual(whole.image(4));
    expect(train.fingerprint).not.toBe(whole.fingerprint);

    const { query, gallery, distractors } = loadUnseenClasses(source);
    expect([...(query?.labels ?? [])]).toEqual([9, 3]);
    expect([...(gallery?.labels ?? [])]).toEqual([3, 6, 9, 3]);
    expect(gallery?.dataset.image(1)).toEqual(whole.image(6));
    expect(distractors).toBeUndefined();
    expect(loadUnseenClasses({ name: 'cifar10', dir })).toEqual({});
  });
});

it('leaves two classes at least', () => {
  const message = withFolder(files, (dir) =>
    refusal(() => loadUnseenClasses({ name: 'cifar10', dir, unseenClasses: 9 })),
  );
  expect(message).toMatch(/dataset\.unseenClasses: expected at most 8 of 10 classes.*got 9/);
});

import { describe, expect, it } from 'vitest';
import { conflictImages } from '../../src/explain/conflict-images.js';

describe('the images on which conflict is measured', () => {
  const of = (labels: readonly number[], most: number): number[] => [
    ...conflictImages({ labels: Int32Array.from(labels), size: labels.length }, most),
  ];

  it('are the first ones, if every class is among them', () => {
    expect(of([2, 0, 1, 0, 1, 2], 4)).toEqual([0, 1, 2, 3]);
    expect(of([2, 0, 1], 10)).toEqual([0, 1, 2]);
  });

  it('are the first of each class in turn in a dataset sorted by class', () => {
    expect(of([0, 0, 0, 0, 1, 1, 2, 2, 2], 5)).toEqual([0, 4, 6, 1, 5]);
    expect(of([0, 0, 0, 0, 1], 2)).toEqual([0, 4]);
  });

  it('have a label', () => {
    expect(of([-1, 1, -1, 0], 2)).toEqual([1, 3]);
    expect(of([], 2)).toEqual([]);
  });
});

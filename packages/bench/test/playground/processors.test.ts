import { expect, it } from 'vitest';
import { atATime, threadsOf } from '../../playground/src/processors.js';

it.each([
  // processors, students at a time, threads of each, threads of the teacher
  [1, 1, 1, 1],
  [2, 1, 1, 1],
  [3, 1, 2, 2],
  [4, 2, 1, 3],
  [8, 2, 3, 7],
  [32, 2, 8, 8],
])('of %i processors the page keeps one', (processors, students, each, teacher) => {
  expect(atATime(processors)).toBe(students);
  expect(threadsOf(processors, students)).toBe(each);
  expect(threadsOf(processors, 1)).toBe(teacher);
  if (processors > 1) expect(students * each).toBeLessThan(processors);
});

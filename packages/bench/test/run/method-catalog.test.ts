import { expect, it } from 'vitest';
import {
  configurableMethods,
  findMethod,
  methodNames,
  techniqueNames,
} from '../../src/run/method-catalog.js';

it('all techniques train the configured student: networks of their own are left out', () => {
  expect(techniqueNames).toEqual(
    expect.arrayContaining(['student', 'kd', 'cckd', 'afd', 'mhgd', 'rtk', 'vam']),
  );
  expect(techniqueNames.filter((name) => name.startsWith('kdexplainer'))).toEqual([]);
  expect(methodNames.filter((name) => !techniqueNames.includes(name))).toHaveLength(3);
  for (const name of techniqueNames) expect(configurableMethods).toContain(name);
  expect(findMethod('kdexplainer')?.ownNetwork).toBe(true);
});

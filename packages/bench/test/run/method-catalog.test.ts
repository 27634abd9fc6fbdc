import { expect, it } from 'vitest';
import {
  configurableMethods,
  createMethod,
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

it('a method with attention keeps a gamma of its own', () => {
  const { options } = createMethod('cckd+vam', { gamma: 0.3, vamGamma: 0.02, blockSize: 4 });
  expect(options).toMatchObject({ gamma: 0.3, vamGamma: 0.02, blockSize: 4 });
  expect(() => createMethod('kd+vam', { gamma: 0.3 })).toThrow(/gamma/);
});

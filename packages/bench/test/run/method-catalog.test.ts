import { afd, afdOffline, dml, featureL1 } from '@distilljs/afd';
import { cckd } from '@distilljs/cckd';
import { kd, labelSmoothing, student } from '@distilljs/core';
import { kdSvd, mhgd } from '@distilljs/mhgd';
import { attentionMatching, rtk } from '@distilljs/rtk';
import { kdExplainer, vam } from '@distilljs/vam';
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

it.each([
  ['student', student()],
  ['label-smoothing', labelSmoothing()],
  ['kd', kd()],
  ['cckd', cckd()],
  ['afd', afd()],
  ['afd-offline', afdOffline()],
  ['dml', dml()],
  ['feature-l1', featureL1()],
  ['mhgd', mhgd()],
  ['kd-svd', kdSvd()],
  ['attention-matching', attentionMatching()],
  ['rtk', rtk()],
  ['vam', vam()],
  ['kdexplainer', kdExplainer()],
] as const)("%s stands for its package's defaults", (name, method) => {
  expect(createMethod(name).name).toBe(method.name);
  expect(createMethod(name).options).toMatchObject(method.options);
  expect(findMethod(name)?.defaults).toMatchObject(
    Object.fromEntries(Object.entries(method.options).filter(([, value]) => value !== null)),
  );
});

it('no two entries are the same method with the same options', () => {
  const described = methodNames.map((name) => {
    const { options } = createMethod(name);
    return JSON.stringify([findMethod(name)?.package, createMethod(name).name, options]);
  });
  expect(new Set(described).size).toBe(described.length);
});

it('a method with attention keeps a gamma of its own', () => {
  const { options } = createMethod('cckd+vam', { gamma: 0.3, vamGamma: 0.02, blockSize: 4 });
  expect(options).toMatchObject({ gamma: 0.3, vamGamma: 0.02, blockSize: 4 });
  expect(() => createMethod('kd+vam', { gamma: 0.3 })).toThrow(/gamma/);
});

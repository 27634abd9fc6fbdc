import { afd, afdOffline, dml, featureL1 } from '@distilljs/afd';
import { cckd } from '@distilljs/cckd';
import {
  at,
  dist,
  dkd,
  fitnet,
  isDistillError,
  kd,
  labelSmoothing,
  pkt,
  rkd,
  sp,
  student,
} from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
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

it('every technique that compares more than logits comes alone and with KD', () => {
  const pairs = [
    ...['mhgd', 'kd-svd', 'rkd', 'pkt', 'sp', 'at', 'fitnet'].map((name) => [name, `${name}+kd`]),
    ...['cckd', 'afd-offline', 'attention-matching', 'rtk'].map((name) => [`${name}-without-kd`, name]),
  ];
  for (const [alone = '', withKd = ''] of pairs) {
    const weights = [alone, withKd].map(
      (name) => (createMethod(name).options as { readonly kdWeight: number }).kdWeight,
    );
    expect(weights, `${alone}, ${withKd}`).toEqual([0, expect.any(Number)]);
    expect(weights[1], withKd).toBeGreaterThan(0);
    expect(techniqueNames).toEqual(expect.arrayContaining([alone, withKd]));
  }
});

it.each([
  ['student', student()],
  ['label-smoothing', labelSmoothing()],
  ['kd', kd()],
  ['dkd', dkd()],
  ['dist', dist()],
  ['rkd', rkd()],
  ['pkt', pkt()],
  ['sp', sp()],
  ['at', at()],
  ['fitnet', fitnet()],
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

const wrongValues = [NaN, Infinity, -Infinity, '', {}, [], [NaN], () => 1, Symbol('x'), 10n, 1e300, '\u0000'];

it.each(methodNames)('%s refuses wrong values of each option, and names the option', (name) => {
  for (const option of Object.keys(findMethod(name)?.defaults ?? {})) {
    for (const value of wrongValues) {
      let error: unknown;
      try {
        createMethod(name, { [option]: value });
      } catch (thrown) {
        error = thrown;
      }
      // A text or a list may be a name that is only looked up when networks are there.
      if (error === undefined && (value === '\u0000' || Array.isArray(value))) continue;
      // Options that shape a network are checked when it is made.
      if (error === undefined && findMethod(name)?.student !== undefined) continue;
      expect(isDistillError(error), option).toBe(true);
      expect((error as DistillError).code).toBe('option');
      expect((error as DistillError).where).toContain(option);
      expect((error as DistillError).message.length).toBeLessThan(1500);
    }
  }
});

it.each(methodNames)("%s refuses names of an object's own machinery, and shows long ones cut", (name) => {
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x'.repeat(5_000_000)]) {
    const options = JSON.parse(`{ ${JSON.stringify(key)}: { "x": 1 } }`) as object;
    const before = process.cpuUsage();
    expect(() => createMethod(name, options)).toThrow(key.slice(0, 100));
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(30);
  }
});

it('a method with attention keeps a gamma of its own', () => {
  const { options } = createMethod('cckd+vam', { gamma: 0.3, vamGamma: 0.02, blockSize: 4 });
  expect(options).toMatchObject({ gamma: 0.3, vamGamma: 0.02, blockSize: 4 });
  expect(() => createMethod('kd+vam', { gamma: 0.3 })).toThrow(/gamma/);
});

it('every method that softens logits refuses temperatures that float32 cannot compute with', () => {
  const softening = configurableMethods.filter((name) => 'temperature' in createMethod(name).options);
  expect(softening.length).toBeGreaterThan(20);
  for (const name of softening) {
    for (const temperature of [0, -1, 1e-30, 1e30, NaN, Infinity, '4'])
      expect(() => createMethod(name, { temperature }), name).toThrow(
        /\.temperature: expected a number from 0.01 to 1000, got /,
      );
    for (const temperature of [0.01, 1000])
      expect(createMethod(name, { temperature }).options).toMatchObject({ temperature });
  }
});

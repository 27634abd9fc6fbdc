import { describeMethod, testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { rtk } from '../src/index.js';

describeMethod('rtk', {
  engines: await testEngines(),
  method: () => rtk(),
  needsTeacher: true,
  zeroAtEquality: ['match'],
  refused: [
    { make: () => rtk({ weight: -1 }), message: /rtk\.weight: expected a number of at least 0, got -1/ },
    { make: () => rtk({ wieght: 1 } as object), message: /Did you mean 'weight'\?/ },
  ],
});

it('has the defaults that its documentation names', () => {
  expect(rtk().options).toEqual({ weight: 1 });
});

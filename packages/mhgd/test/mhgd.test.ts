import { describeMethod, testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { mhgd } from '../src/index.js';

describeMethod('mhgd', {
  engines: await testEngines(),
  method: () => mhgd(),
  needsTeacher: true,
  zeroAtEquality: ['match'],
  refused: [
    { make: () => mhgd({ weight: -1 }), message: /mhgd\.weight: expected a number of at least 0, got -1/ },
    { make: () => mhgd({ wieght: 1 } as object), message: /Did you mean 'weight'\?/ },
  ],
});

it('has the defaults that its documentation names', () => {
  expect(mhgd().options).toEqual({ weight: 1 });
});

import { describeMethod, testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { vam } from '../src/index.js';

describeMethod('vam', {
  engines: await testEngines(),
  method: () => vam(),
  needsTeacher: true,
  zeroAtEquality: ['match'],
  refused: [
    { make: () => vam({ weight: -1 }), message: /vam\.weight: expected a number of at least 0, got -1/ },
    { make: () => vam({ wieght: 1 } as object), message: /Did you mean 'weight'\?/ },
  ],
});

it('has the defaults that its documentation names', () => {
  expect(vam().options).toEqual({ weight: 1 });
});

import { describeMethod, testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { afd } from '../src/index.js';

describeMethod('afd', {
  engines: await testEngines(),
  method: () => afd(),
  needsTeacher: true,
  zeroAtEquality: ['match'],
  refused: [
    { make: () => afd({ weight: -1 }), message: /afd\.weight: expected a number of at least 0, got -1/ },
    { make: () => afd({ wieght: 1 } as object), message: /Did you mean 'weight'\?/ },
  ],
});

it('has the defaults that its documentation names', () => {
  expect(afd().options).toEqual({ weight: 1 });
});

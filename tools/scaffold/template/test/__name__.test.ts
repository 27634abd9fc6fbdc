import { describeMethod, testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { __camel__ } from '../src/index.js';

describeMethod('__name__', {
  engines: await testEngines(),
  method: () => __camel__(),
  needsTeacher: true,
  zeroAtEquality: ['match'],
  refused: [
    { make: () => __camel__({ weight: -1 }), message: /__name__\.weight: expected a number of at least 0, got -1/ },
    { make: () => __camel__({ wieght: 1 } as object), message: /Did you mean 'weight'\?/ },
  ],
});

it('has the defaults that its documentation names', () => {
  expect(__camel__().options).toEqual({ weight: 1, ceWeight: 1, kdWeight: 0, temperature: 4 });
});

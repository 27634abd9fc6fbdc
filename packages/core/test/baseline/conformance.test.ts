import { kd, labelSmoothing, student } from '@distilljs/core';
import { describeMethod, testEngines } from '@distilljs/core/testing';

const engines = await testEngines();

describeMethod('student', {
  engines,
  method: () => student(),
  needsTeacher: false,
  refused: [
    {
      make: () => student({ alpha: 1 } as object),
      message: /student: expected options that exist, got 'alpha'/,
    },
  ],
});

describeMethod('labelSmoothing', {
  engines,
  method: () => labelSmoothing({ smoothing: 0.2 }),
  needsTeacher: false,
  refused: [
    {
      make: () => labelSmoothing({ smoothing: 1 }),
      message: /labelSmoothing|label-smoothing\.smoothing: expected a number from 0 to 0.99, got 1/,
    },
  ],
});

describeMethod('kd', {
  engines,
  method: () => kd(),
  needsTeacher: true,
  refused: [
    { make: () => kd({ temperature: 0 }), message: /kd\.temperature: expected a number above 0, got 0/ },
    { make: () => kd({ alhpa: 0.5 } as object), message: /got 'alhpa'. Did you mean 'alpha'\?/ },
    { make: () => kd({ alpha: NaN }), message: /kd\.alpha: expected a number from 0 to 1, got NaN/ },
  ],
  zeroAtEquality: ['kd'],
});

describeMethod('kd with logit standardisation', {
  engines,
  method: () => kd({ standardize: true, temperature: 2 }),
  needsTeacher: true,
  refused: [
    { make: () => kd({ standardize: 1 as unknown as boolean }), message: /expected true or false, got 1/ },
  ],
  zeroAtEquality: ['kd'],
});

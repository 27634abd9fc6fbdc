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
    { make: () => kd({ ceWieght: 0.5 } as object), message: /got 'ceWieght'. Did you mean 'ceWeight'\?/ },
    { make: () => kd({ kdWeight: NaN }), message: /kd\.kdWeight: expected a number of at least 0, got NaN/ },
    {
      make: () => kd({ alpha: 0.1 } as object),
      message: /got 'alpha'. Set ceWeight \(labels\) and kdWeight \(teacher\)/,
    },
    {
      make: () => kd({ ceWeight: 0, kdWeight: 0 }),
      message: /kd: expected ceWeight or kdWeight above 0, got both 0/,
    },
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

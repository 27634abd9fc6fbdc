import { cckd } from '@distilljs/cckd';
import { describeMethod, testEngines } from '@distilljs/core/testing';

const engines = await testEngines();

describeMethod('cckd', {
  engines,
  method: () => cckd(),
  needsTeacher: true,
  refused: [
    { make: () => cckd({ beta: -1 }), message: /cckd\.beta: expected a number of at least 0, got -1/ },
    { make: () => cckd({ kernl: 'bilinear' } as object), message: /got 'kernl'. Did you mean 'kernel'\?/ },
  ],
  wrongTap: () => cckd({ studentTap: 'embeding' }),
  zeroAtEquality: ['kd', 'cc'],
});

describeMethod('cckd with heads and clusters', {
  engines,
  method: () => cckd({ embeddingWidth: 4, sampler: 'sur', superclasses: 3 }),
  needsTeacher: true,
  refused: [
    {
      make: () => cckd({ embeddingWidth: 0 }),
      message: /embeddingWidth: expected .*whole number, at least 1/,
    },
  ],
});

import { describeMethod, testEngines } from '@distilljs/core/testing';
import { mhgd } from '../src/index.js';

describeMethod('mhgd', {
  engines: await testEngines(),
  method: () => mhgd({ heads: 2, headEpochs: 1, candidates: 2 }),
  needsTeacher: true,
  refused: [
    { make: () => mhgd({ heads: 0 }), message: /mhgd\.heads: expected a whole number, at least 1, got 0/ },
    { make: () => mhgd({ hedas: 1 } as object), message: /Did you mean 'heads'\?/ },
  ],
  wrongTap: () => mhgd({ studentTaps: ['stage1', 'stage9'], teacherTaps: ['stage1', 'stage2'] }),
});

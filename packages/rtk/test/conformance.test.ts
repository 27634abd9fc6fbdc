import { describeMethod, testEngines } from '@distilljs/core/testing';
import { attentionMatching, rtk } from '@distilljs/rtk';

const engines = await testEngines();

describeMethod('rtk', {
  engines,
  method: () => rtk({ width: 8, beta: 20 }),
  needsTeacher: true,
  refused: [
    { make: () => rtk({ beta: -1 }), message: /rtk\.beta: expected a number of at least 0, got -1/ },
    { make: () => rtk({ selct: 'none' } as object), message: /got 'selct'. Did you mean 'select'\?/ },
    { make: () => rtk({ keep: 0 }), message: /rtk\.keep: expected .*whole number, at least 1, got 0/ },
  ],
  wrongTap: () => rtk({ studentTaps: ['stage9'] }),
  zeroAtEquality: ['kd'],
});

describeMethod('attention-matching', {
  engines,
  method: () => attentionMatching({ width: 8, kdWeight: 0 }),
  needsTeacher: true,
  refused: [
    {
      make: () => attentionMatching({ direction: 'student' } as object),
      message:
        /attention-matching\.direction: expected one of "teacher-query", "student-query", got "student"/,
    },
  ],
  wrongTap: () => attentionMatching({ teacherTaps: ['stage1', 'stage9'] }),
});

import { afd, afdOffline, dml, featureL1 } from '@distilljs/afd';
import type { Network } from '@distilljs/core';
import { describeMethod, testEngines, tinyNetwork } from '@distilljs/core/testing';

const engines = await testEngines();
/** The cpu engine takes most of the time, and has the first suites to show that it gives what the others give. */
const faster = engines.filter(({ name }) => name !== 'cpu');
const small = (seed: number): Network => tinyNetwork(seed, { width: 2 });
/** Widths of 2 and 3, by turns. */
const unlike = (seed: number): Network => tinyNetwork(seed, { width: 2 + (seed % 2) });
/** Moves that a test of so few steps can see. */
const quick = { featureLearningRate: 1e-3 };

describeMethod('afd of three', {
  engines,
  method: () => afd({ ...quick, networks: 3 }),
  needsTeacher: false,
  students: 3,
  student: small,
  refused: [
    {
      make: () => afd({ networks: 1 }),
      message: /afd\.networks: expected a whole number, at least 2 and at most 64, got 1/,
    },
    {
      make: () => afd({ temprature: 1 } as object),
      message: /got 'temprature'. Did you mean 'temperature'\?/,
    },
    {
      make: () => afd({ featureMilestones: [0.5, 0.25] }),
      message: /featureMilestones: expected rising shares/,
    },
    {
      make: () => afd({ discriminatorStrides: [1] as never }),
      message: /discriminatorStrides: expected a list of two/,
    },
  ],
  wrongTap: () => afd({ networks: 3, tap: 'stage4' }),
});

describeMethod('afd of a large and a small network, in sequence', {
  engines: faster,
  method: () => afd({ ...quick, order: 'sequential', tap: ['stage3', 'stage1'] }),
  needsTeacher: false,
  students: 2,
  student: unlike,
  refused: [
    {
      make: () => afd({ order: 'random' as 'snapshot' }),
      message: /order: expected one of "snapshot", "sequential"/,
    },
  ],
});

describeMethod('afd-offline', {
  engines,
  method: () => afdOffline(quick),
  needsTeacher: true,
  student: small,
  zeroAtEquality: ['kd'],
  refused: [
    {
      make: () => afdOffline({ leakySlope: 2 }),
      message: /afd-offline\.leakySlope: expected a number from 0 to 1/,
    },
  ],
  wrongTap: () => afdOffline({ studentTap: 'stage4' }),
});

describeMethod('dml', {
  engines: faster,
  method: () => dml(),
  needsTeacher: false,
  students: 2,
  student: small,
  refused: [
    { make: () => dml({ peers: 'some' as 'all' }), message: /dml\.peers: expected one of "all", "cycle"/ },
  ],
});

describeMethod('feature-l1', {
  engines: faster,
  method: () => featureL1(),
  needsTeacher: false,
  students: 2,
  student: unlike,
  refused: [
    { make: () => featureL1({ alignWeight: -1 }), message: /alignWeight: expected a number of at least 0/ },
  ],
  wrongTap: () => featureL1({ tap: 'stage4' }),
});

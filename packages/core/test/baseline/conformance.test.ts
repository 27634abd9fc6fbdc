import {
  at,
  dist,
  distill,
  dkd,
  fitnet,
  kd,
  labelSmoothing,
  pkt,
  resolveEngine,
  rkd,
  sp,
  student,
} from '@distilljs/core';
import type { DistillOptions, Method } from '@distilljs/core';
import { describeMethod, testEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const engines = await testEngines();

describeMethod('student', {
  engines,
  method: () => student(),
  needsTeacher: false,
  refused: [
    {
      make: () => student({ alpha: 1 } as object),
      message: /student: expected a known option, got 'alpha'/,
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
    {
      make: () => kd({ temperature: 0 }),
      message: /kd\.temperature: expected a number from 0.01 to 1000, got 0/,
    },
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

describeMethod('kd with logit standardization', {
  engines,
  method: () => kd({ standardize: true, temperature: 2 }),
  needsTeacher: true,
  refused: [
    { make: () => kd({ standardize: 1 as unknown as boolean }), message: /expected true or false, got 1/ },
  ],
  zeroAtEquality: ['kd'],
});

/** Their values are compared on every engine elsewhere, and methods of the same making run on every engine below. */
const onCpu = engines.filter(({ name }) => name === 'cpu');

/** Weights near 1 instead of the papers': their scales are for networks that have learned something. */
const gentle = { weight: 1 };

describeMethod('dkd', {
  engines,
  method: () => dkd(),
  needsTeacher: true,
  refused: [
    { make: () => dkd({ warmUp: 2 }), message: /dkd\.warmUp: expected a number from 0 to 1, got 2/ },
    {
      make: () => dkd({ kdWeight: 1 } as object),
      message: /dkd: expected a known option, got 'kdWeight'/,
    },
  ],
  zeroAtEquality: ['target', 'others'],
});

describeMethod('dist', {
  engines: onCpu,
  method: () => dist(),
  needsTeacher: true,
  refused: [
    {
      make: () => dist({ ceWeight: 0, interWeight: 0, intraWeight: 0 }),
      message: /dist: expected ceWeight or interWeight or intraWeight above 0, got all 0/,
    },
    {
      make: () => rkd({ ceWeight: 0, distanceWeight: 0, angleWeight: 0 }),
      message: /rkd: expected ceWeight or kdWeight or distanceWeight or angleWeight above 0, got all 0/,
    },
    {
      make: () => dist({ temperature: 0 }),
      message: /dist\.temperature: expected a number from 0.01 to 1000, got 0/,
    },
  ],
  zeroAtEquality: ['inter', 'intra'],
});

describeMethod('sp with kd', {
  engines: onCpu,
  method: () => sp({ ...gentle, kdWeight: 1 }),
  needsTeacher: true,
  wrongTap: () => sp({ studentTap: 'stage9', teacherTap: 'stage9' }),
  refused: [
    {
      make: () => sp({ studentTap: '' }),
      message: /sp\.studentTap: expected a non-empty string, got ""/,
    },
  ],
  zeroAtEquality: ['sp', 'kd'],
});

describeMethod('pkt', {
  engines: onCpu,
  method: () => pkt({ weight: 1000 }),
  needsTeacher: true,
  wrongTap: () => pkt({ teacherTap: 'stage9' }),
  refused: [
    { make: () => pkt({ weight: -1 }), message: /pkt\.weight: expected a number of at least 0, got -1/ },
  ],
  zeroAtEquality: ['pkt'],
});

describeMethod('rkd', {
  engines,
  method: () => rkd({ distanceWeight: 1, angleWeight: 2 }),
  needsTeacher: true,
  wrongTap: () => rkd({ studentTap: 'stage9' }),
  refused: [
    { make: () => rkd({ weight: 1 } as object), message: /rkd: expected a known option, got 'weight'/ },
  ],
  zeroAtEquality: ['distance', 'angle'],
});

describeMethod('at with kd', {
  engines,
  method: () => at({ ...gentle, kdWeight: 1 }),
  needsTeacher: true,
  wrongTap: () => at({ studentTaps: ['stage9'], teacherTaps: ['stage9'] }),
  refused: [
    {
      make: () => at({ studentTaps: 'stage1' as unknown as 'auto' }),
      message: /at\.studentTaps: expected one of "auto", or a list/,
    },
  ],
  zeroAtEquality: ['at', 'kd'],
});

describeMethod('fitnet', {
  engines,
  method: () => fitnet(gentle),
  needsTeacher: true,
  wrongTap: () => fitnet({ studentTap: 'stage9', teacherTap: 'stage9' }),
  refused: [
    {
      make: () => fitnet({ weight: NaN }),
      message: /fitnet\.weight: expected a number of at least 0, got NaN/,
    },
  ],
});

const run = (method: Method, more: Partial<DistillOptions> = {}): DistillOptions => ({
  teacher: tinyNetwork(1, { width: 6 }),
  students: [tinyNetwork(2)],
  train: tinyDataset(24, 1),
  ...{ method, epochs: 1, batchSize: 12, seed: 1, ...more },
});

describeOn(REPRODUCIBLE, 'baselines that compare features', () => {
  it('read the stages that both networks have', async () => {
    const terms = async (method: Method): Promise<unknown> => {
      const result = await distill(run(method));
      result.dispose();
      return result.history[0]?.terms;
    };
    const stages = ['stage1', 'stage2', 'stage3'];
    expect(await terms(at())).toEqual(await terms(at({ studentTaps: stages, teacherTaps: stages })));
    expect(await terms(sp())).toEqual(await terms(sp({ studentTap: 'stage3', teacherTap: 'stage3' })));
    expect(await terms(fitnet())).toEqual(
      await terms(fitnet({ studentTap: 'stage2', teacherTap: 'stage2' })),
    );
  });
});

describeOn(engines, 'baselines that compare features', () => {
  it('compare maps of unlike sizes', async () => {
    for (const method of [
      at({ studentTaps: ['stage1'], teacherTaps: ['stage3'] }),
      fitnet({ studentTap: 'stage1', teacherTap: 'stage3' }),
      fitnet({ studentTap: 'stage3', teacherTap: 'stage1' }),
    ]) {
      const result = await distill(run(method));
      result.dispose();
      for (const { value } of Object.values(result.history[0]?.terms ?? {}))
        expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('say what does not fit', async () => {
    const message = async (method: Method, more?: Partial<DistillOptions>): Promise<string> =>
      (await caught(() => distill(run(method, more)))).message;
    expect(await message(at({ studentTaps: ['stage1'] }))).toMatch(
      /at\.studentTaps, at\.teacherTaps: expected as many taps .* got 1 and 'auto'/,
    );
    expect(await message(fitnet({ teacherTap: 'embedding' }))).toMatch(
      /fitnet\.teacherTap: tap 'embedding' .*: expected a feature map/,
    );
    for (const method of [rkd(), dist()])
      expect(await message(method, { batchSize: 1 })).toMatch(
        /method '(rkd|dist)': expected batches of at least 2 images/,
      );
    expect(await message(dist({ intraWeight: 0 }), { batchSize: 1 }).catch(() => 'none')).toBe('none');
  });
});

describe('dkd', () => {
  it('raises the weights of its parts over the first twelfth of the training', async () => {
    await resolveEngine('cpu');
    const setup = {
      teacher: tinyNetwork(1, { width: 6 }),
      students: [tinyNetwork(2)],
      train: tinyDataset(48, 1),
    };
    const result = await distill({
      ...setup,
      method: dkd({ warmUp: 0.5 }),
      epochs: 4,
      batchSize: 12,
      seed: 1,
    });
    result.dispose();
    const weights = result.history.map(({ terms }) => terms['others']?.weight ?? NaN);
    // Steps 0 … 3 of 16 have 0, 1/8, 2/8, 3/8 of β = 2; the report has an epoch's mean or last.
    expect(weights[0]).toBeLessThan(1);
    expect(weights.at(-1)).toBe(2);
  });
});

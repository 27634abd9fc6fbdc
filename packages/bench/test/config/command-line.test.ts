import { describe, expect, it } from 'vitest';
import { configuredModules, parseSetting, resolveConfig } from '../../src/config/index.js';
import type { RunConfig } from '../../src/config/index.js';

/** The run of a file with these settings, in the given order and in the opposite one. */
const inBothOrders = (text: string, ...settings: readonly string[]): readonly RunConfig[] =>
  [settings, settings.toReversed()].map((each) =>
    resolveConfig({ file: { name: 'run.yaml', text }, flags: each.map(parseSetting) }),
  );

describe('settings of one command line', () => {
  it.each<[what: string, text: string, settings: readonly string[], expected: object]>([
    [
      'an optimizer',
      'preset: quick',
      ['optimizer.learningRate=0.123', 'optimizer.name=adam'],
      { optimizer: { name: 'adam', learningRate: 0.123 } },
    ],
    [
      'a dataset',
      'preset: quick\nbatchSize: 4',
      ['dataset.imageSize=16', 'dataset.name=folder', 'dataset.dir=/d'],
      { dataset: { name: 'folder', dir: '/d', imageSize: 16 } },
    ],
    [
      'a dataset of the same preset',
      'preset: folder',
      ['dataset.dir=/d.npz', 'dataset.name=npz'],
      { dataset: { name: 'npz', dir: '/d.npz' } },
    ],
    [
      'a student',
      'preset: quick',
      ['student.weights=fresh', 'student.path=/s'],
      { student: { path: '/s', weights: 'fresh' } },
    ],
    [
      'a schedule',
      'preset: quick',
      ['schedule.warmupEpochs=1', 'schedule.name=step'],
      { schedule: { name: 'step', warmupEpochs: 1 } },
    ],
    [
      'a method',
      'preset: quick',
      ['methods.1.options.temperature=2', 'methods.1.name=dkd'],
      { methods: [{ name: 'student' }, { name: 'dkd', options: { temperature: 2 } }, { name: 'cckd' }] },
    ],
    [
      'a list and an entry of it, by name and by place',
      'preset: quick',
      ['methods=[cckd, student, kd]', 'methods.kd.options.temperature=8', 'methods.0.options.beta=3'],
      {
        methods: [
          { name: 'cckd', options: { beta: 3 } },
          { name: 'student' },
          { name: 'kd', options: { temperature: 8 } },
        ],
      },
    ],
    [
      'a method under another name',
      'preset: quick',
      ['methods.kd.as=hot', 'methods.kd.options.temperature=8'],
      { methods: [{ as: 'student' }, { as: 'hot', options: { temperature: 8 } }, { as: 'cckd' }] },
    ],
    ['a list of numbers', 'preset: quick', ['seeds=[1, 2]', 'seeds.0=3'], { seeds: [3, 2] }],
    ['a race', 'preset: quick', ['race.most=7', 'race=true'], { race: { most: 7 } }],
  ])('belong together in any order: %s', (_, text, settings, expected) => {
    for (const config of inBothOrders(text, ...settings)) expect(config).toMatchObject(expected);
  });

  it('replace what a file says of another name', () => {
    const text =
      'preset: quick\noptimizer: { name: sgd, learningRate: 0.3, momentum: 0.5 }\nstudent: { path: /old, weights: fresh }\n';
    for (const { optimizer, student } of inBothOrders(text, 'optimizer.name=adam', 'student.model=plain8')) {
      expect(optimizer).toMatchObject({ name: 'adam', learningRate: 0.001, momentum: 0 });
      expect(student).toEqual({ model: 'plain8' });
    }
  });

  it('of the same key: the later wins', () => {
    const flags = [
      { epochs: 3, methods: ['kd'] },
      { epochs: 4 },
      { epochs: 5, methods: ['cckd'] },
      { batchSize: 9 },
    ];
    const { epochs, methods } = resolveConfig({ preset: 'quick', flags });
    expect([epochs, methods.map(({ as }) => as)]).toEqual([5, ['cckd']]);
    const settings = ['optimizer.name=adam', 'epochs=3', 'optimizer.name=sgd', 'epochs=4'].map(parseSetting);
    const config = resolveConfig({ preset: 'quick', flags: settings });
    expect(config).toMatchObject({ epochs: 4, optimizer: { name: 'sgd' } });
  });

  it.each([
    [['optimizer.momentum=0.5', 'optimizer.name=adam'], 'optimizer.momentum: expected nothing with adam'],
    [
      ['schedule.warmupEpochs=1', 'schedule.name=constant'],
      'schedule.warmupEpochs: expected nothing with constant',
    ],
    [['student.from=./a.mjs', 'student.path=/b'], 'student.from: expected one of path and from'],
    [
      ['methods.2.as=a', 'methods.b.as=c'],
      "methods.b: expected the name or place of a method of the run, got 'b'",
    ],
  ])('are refused where they contradict each other: %s', (settings, says) => {
    for (const flags of [settings, settings.toReversed()])
      expect(() => resolveConfig({ preset: 'quick', flags: flags.map(parseSetting) })).toThrow(
        `command line, ${says}`,
      );
  });

  it('keep what a file sets of a mapping that it gives no name', () => {
    const file = {
      name: 'run.yaml',
      text: [
        'dataset: { dir: photos, imageSize: 32 }',
        'optimizer: { learningRate: 0.2 }',
        'schedule: { warmupEpochs: 5 }',
        'teacher: { model: resnet20 }',
        'student: { model: resnet8 }',
      ].join('\n'),
    };
    const flags = ['dataset.name=folder', 'optimizer.name=sgd', 'schedule.name=cosine'].map(parseSetting);
    expect(resolveConfig({ file, flags })).toMatchObject({
      dataset: { name: 'folder', dir: 'photos', imageSize: 32 },
      optimizer: { name: 'sgd', learningRate: 0.2 },
      schedule: { name: 'cosine', warmupEpochs: 5 },
    });
  });

  it('keep the budget of a race that they turn on, which may be a number of seconds', () => {
    const file = { name: 'run.yaml', text: 'race: { budget: 90 }' };
    const flags = [parseSetting('race=true')];
    expect(resolveConfig({ preset: 'quick', file, flags }).race?.budget).toBe(90);
    expect(resolveConfig({ preset: 'quick', flags: [{ race: { budget: '90' } }] }).race?.budget).toBe(90);
  });

  it('say how a network of the zoo is named as the teacher', () => {
    expect(() => resolveConfig({ preset: 'quick', flags: [{ teacher: { path: 'resnet56' } }] })).toThrow(
      "command line, teacher.path: expected the path of a trained teacher, got 'resnet56'. For a network of the zoo write teacher.model (--teacher-model resnet56).",
    );
  });

  it('find a module relative to the working directory, at a place of a list too', () => {
    const flags = [parseSetting('methods.1={from: ./mine.mjs}')];
    expect(configuredModules({ preset: 'quick', flags })).toEqual([`${process.cwd()}/mine.mjs`]);
  });
});

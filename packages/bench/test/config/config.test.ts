import { resolve } from 'node:path';
import { isDistillError } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import type { ConfigSources } from '../../src/config/index.js';
import {
  isRunConfig,
  parseConfig,
  parseSetting,
  presets,
  resolveConfig,
  withAbsolutePaths,
} from '../../src/config/index.js';

/** 21 lines: all that a user says about a comparison of their own. */
const FILE = `\
engine: wasm
dataset:
  name: cifar100
  dir: data
  trainSize: 5000
validationFraction: 0.2
augmentation: {padCrop: 2}
teacher:
  model: resnet56
  epochs: 200
student: {model: resnet20}
methods:
  - student
  - kd
  - {name: kd, as: kd-hot, options: {temperature: 8}}
seeds: [0, 1, 2]
epochs: 100
optimizer: {learningRate: 0.1, nesterov: true}
schedule:
  name: step
  milestones: [0.5, 0.75]
`;

const METHODS = ['student', 'kd', 'cckd'];

/** The message of the branded error that `run` throws. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isDistillError(error) && error.code === 'config') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseConfig', () => {
  it('completes a file with defaults', () => {
    expect(parseConfig(FILE, 'run.yaml', METHODS)).toEqual({
      engine: 'wasm',
      dataset: { name: 'cifar100', dir: 'data', trainSize: 5000 },
      validationFraction: 0.2,
      augmentation: { padCrop: 2, flip: true },
      teacher: { model: 'resnet56', epochs: 200, learningRate: 0.1 },
      student: { model: 'resnet20' },
      methods: [
        { name: 'student', as: 'student', options: {} },
        { name: 'kd', as: 'kd', options: {} },
        { name: 'kd', as: 'kd-hot', options: { temperature: 8 } },
      ],
      seeds: [0, 1, 2],
      epochs: 100,
      batchSize: 64,
      optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4, nesterov: true },
      schedule: { name: 'step', warmupEpochs: 0, milestones: [0.5, 0.75], factor: 0.1 },
    });
  });

  it.each(['sgd', 'adam'])('takes its own result as a file, with %s', (optimizer) => {
    const config = resolveConfig({ preset: 'quick', flags: [{ optimizer: { name: optimizer } }] });
    expect(parseConfig(JSON.stringify(config), 'config.json')).toEqual(config);
    const stepped = parseConfig(FILE, 'run.yaml');
    expect(parseConfig(JSON.stringify(stepped), 'config.json')).toEqual(stepped);
  });

  it('takes a warm-up of any length below the epochs of what is trained', () => {
    const given = FILE.replace('name: step', 'name: step\n  warmupEpochs: 99');
    const teacher = given.replace('epochs: 200', 'epochs: 1\n  path: teacher');
    for (const text of [given, teacher]) {
      expect(parseConfig(text, 'run.yaml').schedule.warmupEpochs).toBe(99);
    }
  });

  it('has paths that mean the same everywhere when asked', () => {
    const config = parseConfig(FILE.replace('epochs: 200', 'path: teachers/mine'), 'run.yaml');
    const { dataset, teacher, ...others } = withAbsolutePaths(config);
    expect(dataset).toEqual({ ...config.dataset, dir: resolve('data') });
    expect(teacher).toEqual({ ...config.teacher, path: resolve('teachers/mine') });
    expect(config).toMatchObject(others);
    for (const [path, absolute] of [
      ['file://teachers/mine', resolve('teachers/mine')],
      ['file:///my%20models/mine', '/my models/mine'],
      ['https://example.org/model.json', 'https://example.org/model.json'],
    ] as const) {
      const given = { ...config, teacher: { ...config.teacher, path } };
      expect(withAbsolutePaths(given).teacher.path).toBe(absolute);
    }
  });

  it('reads JSON too', () => {
    const json = JSON.stringify({
      dataset: { name: 'synthetic' },
      teacher: { model: 'plain16' },
      student: { model: 'plain8' },
      optimizer: { name: 'adam' },
    });
    const config = parseConfig(json, 'run.json');
    expect(config.dataset).toMatchObject({ classes: 10, superclasses: 5, imageSize: 32, difficulty: 0.5 });
    expect(config.optimizer).toEqual({
      name: 'adam',
      learningRate: 0.001,
      momentum: 0,
      weightDecay: 0,
      nesterov: false,
    });
    expect(config.teacher).toEqual({ model: 'plain16', epochs: 60, learningRate: 0.001 });
    expect(config.schedule).toEqual({ name: 'cosine', warmupEpochs: 0, milestones: [], factor: 1 });
    expect(config.methods.map(({ as }) => as)).toEqual(['student', 'kd']);
  });

  it('starts from the preset that the file names', () => {
    const config = parseConfig('preset: quick\nepochs: 3\ndataset: {trainSize: 200}\n', 'run.yaml');
    expect(config).toMatchObject({ preset: 'quick', epochs: 3, student: presets.quick.student });
    expect(config.dataset).toMatchObject({ name: 'synthetic', classes: 12, trainSize: 200 });
  });
});

describe('resolveConfig', () => {
  it('puts the command line over the file over the preset', () => {
    const config = resolveConfig({
      preset: 'quick',
      file: { name: 'run.yaml', text: 'epochs: 7\nbatchSize: 32\n' },
      flags: [{ epochs: 9 }, parseSetting('optimizer.learningRate=0.2'), parseSetting('seeds=[4, 5]')],
    });
    expect(config).toMatchObject({ epochs: 9, batchSize: 32, seeds: [4, 5] });
    expect(config.optimizer).toMatchObject({ learningRate: 0.2, nesterov: true });
  });

  it('changes a method by its name, of the defaults too, and by name and place at once', () => {
    const base = {
      dataset: { name: 'cifar10', dir: 'd' },
      teacher: { model: 'resnet20', epochs: 1 },
      student: { model: 'resnet8' },
    };
    const optionsOf = (...flags: object[]): unknown =>
      resolveConfig({ file: { name: 'run.json', text: JSON.stringify(base) }, flags }).methods[1]?.options;
    expect(optionsOf(parseSetting('methods.kd.options.temperature=8'))).toEqual({ temperature: 8 });
    const both = { 1: { options: { temperature: 2 } }, kd: { options: { kdWeight: 3 } } };
    expect(optionsOf({ methods: both })).toEqual({ temperature: 2, kdWeight: 3 });
    expect(refusal(() => optionsOf(parseSetting('methods.kdd.options.temperature=3')))).toMatch(
      /methods\.kdd: expected the name or place of a method of the run, got 'kdd'\. Did you mean 'kd'/,
    );
  });

  it('lets go of the options of another dataset and another schedule', () => {
    const config = resolveConfig({
      preset: 'quick',
      flags: [
        {
          dataset: { name: 'cifar10', dir: 'd' },
          schedule: { name: 'constant' },
          optimizer: { name: 'adam' },
        },
      ],
    });
    expect(config.dataset).toEqual({ name: 'cifar10', dir: 'd' });
    expect(config.schedule.warmupEpochs).toBe(0);
    expect(config.optimizer.nesterov).toBe(false);
  });
});

describe('a wrong configuration is refused', () => {
  const cases: readonly (readonly [what: string, find: string | RegExp, replace: string, says: string])[] = [
    [
      'an unknown key',
      'epochs: 100',
      'epoch: 100',
      "run.yaml:17:1, epoch: expected a known key, got 'epoch'. Did you mean 'epochs'? Available: preset, engine,",
    ],
    [
      'an unknown key further in',
      'padCrop',
      'padcrop',
      "run.yaml:7:16, augmentation.padcrop: expected a known key, got 'padcrop'. Did you mean 'padCrop'? Available: padCrop, flip, randomResizedCrop, colorJitter, rotation.",
    ],
    [
      'a resized crop of a share above 1',
      '{padCrop: 2}',
      '{randomResizedCrop: {scale: [0.5, 1.5]}}',
      'augmentation.randomResizedCrop.scale: expected two numbers above 0 and at most 1, the lower first',
    ],
    [
      'a strength below 0',
      '{padCrop: 2}',
      '{colorJitter: {contrast: -1}}',
      'augmentation.colorJitter.contrast: expected a number of at least 0, got -1',
    ],
    [
      'a key of another dataset',
      'trainSize',
      'difficulty',
      "run.yaml:5:3, dataset.difficulty: expected a known key, got 'difficulty'. Available: name, dir, trainSize, testSize, unseenClasses, imageSize, resize.",
    ],
    [
      'a cached teacher without views',
      'epochs: 200',
      'kind: cached',
      'teacher.views: expected a number of views, got nothing. Set how many augmentations',
    ],
    [
      'a cache of a live teacher',
      'epochs: 200',
      'cache: disk',
      "teacher.cache: expected nothing with a live teacher, got 'disk'. Set the teacher's kind to cached.",
    ],
    [
      'a network that is not there',
      '{model: resnet20}',
      '{model: resnet21}',
      "run.yaml:11:18, student.model: expected a network of the zoo, got 'resnet21'. Did you mean 'resnet20'?",
    ],
    [
      'a dataset that is not there',
      'cifar100',
      'cifar-100',
      "run.yaml:3:9, dataset.name: expected a name that is known, got 'cifar-100'. Did you mean 'cifar100'?",
    ],
    [
      'a wrong type',
      'epochs: 100',
      'epochs: many',
      "run.yaml:17:9, epochs: expected a whole number of at least 1, got 'many'.",
    ],
    [
      'a wrong number',
      '0.2',
      '1.5',
      'run.yaml:6:21, validationFraction: expected a number between 0 and 1, got 1.5.',
    ],
    [
      'no number at all',
      ' 0.2',
      '',
      'run.yaml:6:20, validationFraction: expected a number between 0 and 1, got null.',
    ],
    [
      'a missing value',
      '  dir: data\n',
      '',
      'run.yaml:2:1, dataset.dir: expected the folder of the data, got nothing. Name it with --data-dir FOLDER, or dataset: { dir: FOLDER }.',
    ],
    [
      'a missing part',
      /student: {.*\n/,
      '',
      'run.yaml, student: expected a mapping with model, got nothing.',
    ],
    [
      'an unknown method',
      '  - kd',
      '  - kdd',
      "run.yaml:14:5, methods.1.name: expected a method, got 'kdd'. Did you mean 'kd'? Available: student, kd, cckd.",
    ],
    [
      'a method that is there twice',
      ', as: kd-hot',
      '',
      'run.yaml:15:5, methods.2: expected a name that no method before it has, got {"name":"kd","options":{"temperature":8}}. Write {name: kd,',
    ],
    [
      'a name that is no folder',
      'kd-hot',
      '../x',
      "run.yaml:15:20, methods.2.as: expected a name of letters, digits, and . _ + - that is not taken, got '../x'.",
    ],
    ['a name that is taken', 'kd-hot', 'teacher', 'methods.2.as: expected a name of letters'],
    ['the name of a file of the run', 'kd-hot', 'config.json', 'methods.2.as: expected a name of letters'],
    ['the same while it is written', 'kd-hot', 'data.json.unfinished', 'methods.2.as: expected a name of'],
    [
      'the name of another method',
      'kd-hot',
      'student',
      "run.yaml:15:20, methods.2.as: expected a unique name, got 'student'. It is the name of another method.",
    ],
    [
      'a warm-up of a constant rate',
      /name: step\n.*/,
      'name: constant\n  warmupEpochs: 2',
      'schedule.warmupEpochs: expected nothing with constant, got 2. It belongs to cosine and step.',
    ],
    [
      'a warm-up as long as the run',
      'name: step',
      'name: step\n  warmupEpochs: 101',
      'schedule.warmupEpochs: expected at most the 100 epochs of the run, got 101. Set it to 0 for none.',
    ],
    [
      "a warm-up as long as the teacher's training",
      /epochs: 200([^]*)name: step\n/,
      'epochs: 1$1name: step\n  warmupEpochs: 2\n',
      'schedule.warmupEpochs: expected at most the one epoch of the teacher, got 2.',
    ],
    [
      'a seed that is there twice',
      '1, 2',
      '1, 0',
      'run.yaml:16:15, seeds.2: expected a seed that is not in the list yet, got 0.',
    ],
    [
      'milestones that fall',
      '0.75',
      '0.5',
      'run.yaml:21:21, schedule.milestones.1: expected a share above the one before it, got 0.5.',
    ],
    [
      'options of another schedule',
      'name: step',
      'name: cosine',
      'run.yaml:21:15, schedule.milestones: expected nothing with cosine, got [0.5,0.75]. It belongs to step.',
    ],
    [
      'options of another optimizer',
      '{learningRate',
      '{name: adam, learningRate',
      'run.yaml:18:54, optimizer.nesterov: expected nothing with adam, got true. It belongs to sgd.',
    ],
    [
      'a momentum that forgets nothing',
      'nesterov: true',
      'momentum: 1',
      'run.yaml:18:42, optimizer.momentum: expected a number of at least 0 and below 1, got 1.',
    ],
    ['an empty list', '[0, 1, 2]', '[]', 'run.yaml:16:8, seeds: expected a list that is not empty, got [].'],
  ];
  it.each(cases)('%s', (_, find, replace, says) => {
    const text = FILE.replace(find, replace);
    expect(text).not.toBe(FILE);
    expect(refusal(() => parseConfig(text, 'run.yaml', METHODS))).toContain(says);
  });

  it('lists every problem at once', () => {
    const text = FILE.replace('epochs: 100', 'epochs: 0')
      .replace('resnet20', 'x')
      .replace('engine', 'engines');
    const lines = refusal(() => parseConfig(text, 'run.yaml')).split('\n');
    expect(lines[0]).toBe('run.yaml: expected a valid configuration, got 3 problems. ');
    expect(lines.slice(1).map((line) => line.split(' expected')[0])).toEqual([
      '  run.yaml:11:18, student.model:',
      '  run.yaml:17:9, epochs:',
      '  run.yaml:1:1, engines:',
    ]);
  });

  it.each([
    ['epochs: 3\n epochs: [', 'run.yaml:2:'],
    [
      'epochs: 3\nepochs: 4\n',
      'run.yaml:2:1: expected valid YAML or JSON, got an error: map keys must be unique.',
    ],
    ['', 'run.yaml: expected a mapping of keys to values, got nothing.'],
    ['- a\n- b\n', 'run.yaml: expected a mapping of keys to values, got a list.'],
    ['{"epochs": 3', 'run.yaml:1:'],
  ])('no YAML: %j', (text, says) => {
    expect(refusal(() => parseConfig(text, 'run.yaml'))).toContain(says);
  });

  const layered: readonly (readonly [ConfigSources, string])[] = [
    [{ preset: 'quik' }, "preset: expected the name of a preset, got 'quik'. Did you mean 'quick'?"],
    [
      { preset: 'quick', flags: [{ epochs: 0 }] },
      'command line, epochs: expected a whole number of at least 1, got 0.',
    ],
    [
      { preset: 'cifar10' },
      'preset cifar10, dataset.dir: expected the folder of the data, got nothing. Name it with --data-dir FOLDER',
    ],
    [{ flags: [] }, 'configuration: expected a valid configuration, got 3 problems.'],
  ];
  it.each(layered)('%j', (sources, says) => {
    expect(refusal(() => resolveConfig(sources))).toContain(says);
  });
});

describe('parseSetting', () => {
  it('reads the value as YAML', () => {
    expect(parseSetting('epochs=3')).toEqual({ epochs: 3 });
    expect(parseSetting('dataset.dir=/a=b')).toEqual({ dataset: { dir: '/a=b' } });
    expect(parseSetting('methods.mhgd+kd-1-head.options.heads=1')).toEqual({
      methods: { 'mhgd+kd-1-head': { options: { heads: 1 } } },
    });
    expect(parseSetting('methods=[kd, {name: kd, as: hot}]')).toEqual({
      methods: ['kd', { name: 'kd', as: 'hot' }],
    });
  });

  it.each(['epochs', '=3', 'a b=3', 'epochs=['])('refuses %j', (setting) => {
    expect(refusal(() => parseSetting(setting))).toContain('command line');
  });
});

describe('isRunConfig', () => {
  type Fields = Record<string, unknown>;
  const whole = JSON.parse(JSON.stringify(parseConfig(FILE, 'run.yaml', METHODS))) as Fields;

  /** Paths of all fields of a value, lists left out. */
  const fieldsOf = (value: unknown): string[][] =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? []
      : Object.entries(value).flatMap(([name, inner]) => [
          [name],
          ...fieldsOf(inner).map((path) => [name, ...path]),
        ]);

  function without(fields: Fields, [name = '', ...rest]: readonly string[]): Fields {
    const { [name]: inner, ...others } = fields;
    return rest.length === 0 ? others : { ...others, [name]: without(inner as Fields, rest) };
  }

  it('knows what a run writes, and nothing of which a field is gone', () => {
    expect(isRunConfig(whole)).toBe(true);
    const paths = fieldsOf(whole);
    expect(paths.length).toBeGreaterThan(25);
    const missed = paths.filter((path) => isRunConfig(without(whole, path))).map((path) => path.join('.'));
    // All of the data, without a limit, is a configuration too.
    expect(missed).toEqual(['dataset.trainSize']);
    const [method] = whole['methods'] as readonly Fields[];
    for (const field of ['name', 'as', 'options'])
      expect(isRunConfig({ ...whole, methods: [without(method ?? {}, [field])] })).toBe(false);
    const { seeds, ...raced }: Fields = { ...whole, race: {} };
    expect(seeds).toEqual([0, 1, 2]);
    expect(
      isRunConfig(JSON.parse(JSON.stringify(parseConfig(JSON.stringify(raced), 'race.json', METHODS)))),
    ).toBe(true);
  });
});

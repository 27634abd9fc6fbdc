import { isDistillError } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import { mergeConfig, parseConfig, parseSetting, plainLayer, resolveConfig } from '../../src/config/index.js';
import { methodProblems } from '../../src/run/method-problems.js';
import { configurableMethods } from '../../src/run/method-catalog.js';

/** Lines of the branded error that `run` throws. */
function refusal(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (isDistillError(error) && error.code === 'config') return error.message.split('\n');
    throw error;
  }
  throw new Error('nothing was thrown');
}

const ofFile = (text: string): readonly string[] =>
  refusal(() =>
    resolveConfig({
      file: { text, name: 'run.yaml' },
      methodNames: configurableMethods,
      checkMethod: methodProblems,
      memory: 2 ** 32,
    }),
  );
const quick = (text: string): readonly string[] => ofFile(`preset: quick\n${text}`);
const ofSetting = (setting: string): readonly string[] =>
  refusal(() => resolveConfig({ preset: 'quick', flags: [parseSetting(setting)] }));

/** Ten levels of nine aliases each: 9¹⁰ values. */
const BOMB = Array.from('abcdefghij', (letter, level) => {
  const entries = Array<string>(9).fill(level === 0 ? 'x' : `*${'abcdefghij'.charAt(level - 1)}`);
  return `${letter}: &${letter} [${entries.join(', ')}]`;
}).join('\n');

it('tells fifty wrong options of a method at a time', () => {
  const options = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`key${at}`, at]));
  const problems = methodProblems({ name: 'kd', as: 'kd', options }, 'plain8');
  expect(problems).toHaveLength(50);
  expect(problems[49]).toMatchObject({ path: ['options', 'key49'], expected: 'a known option' });
  const lines = quick(`methods: [{name: kd, options: ${JSON.stringify(options)}}]`);
  expect(lines.length).toBeLessThan(60);
});

describe('one clear error for', () => {
  it.each([
    [
      'an alias bomb',
      BOMB,
      'run.yaml:6:12: expected at most 200,000 values, got aliases that stand for more.',
    ],
    [
      'a mistyped alias',
      'methods: *typo',
      "run.yaml:1:10: expected an alias of an anchor before it, got '*typo'.",
    ],
    [
      'an alias of a preset',
      'preset: *x',
      "run.yaml:1:9: expected an alias of an anchor before it, got '*x'.",
    ],
    [
      'an alias within its anchor',
      'methods: &a [*a]',
      'run.yaml:1:14: expected an alias that does not contain itself',
    ],
    [
      'a preset that is a mapping',
      'preset: {toString: 1}',
      'run.yaml:1:9, preset: expected the name of a preset, got',
    ],
    [
      'a tag',
      'epochs: !js 3',
      'run.yaml:1:9: expected valid YAML or JSON, got an error: unresolved tag: !js.',
    ],
    ['a type of YAML 1.1', '%YAML 1.1\n---\nseeds: !!set {1}', 'run.yaml:3:8: expected valid YAML or JSON'],
    ['a list as key', '? [a]\n: 3', 'run.yaml:1:3: expected a string as key, got a list or mapping.'],
    [
      'a tab as indentation',
      'student:\n\tmodel: plain8',
      'run.yaml:2:1: expected valid YAML or JSON, got an error: tabs',
    ],
    ['two documents', 'epochs: 1\n---\nepochs: 2', 'run.yaml:2:1: expected one document, got another one.'],
    ['lists without end', '['.repeat(1e5), 'run.yaml:1:65: expected at most 64 levels of nesting, got more.'],
    ['lists in lists in one line', '- '.repeat(1e5), 'run.yaml:1:129: expected at most 64 levels'],
    ['keys that are keys', '? '.repeat(1e5), 'run.yaml:1:129: expected at most 64 levels'],
    [
      'mappings without end',
      `a: ${'{a: '.repeat(200)}1${'}'.repeat(200)}`,
      'run.yaml:1:256: expected at most 64 levels',
    ],
  ])('%s', (_, text, says) => {
    const lines = ofFile(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(says);
  });

  it('what follows a slip is cut short', () => {
    const lines = ofFile(`methods: [kd]\n${`] }, ${'warm '.repeat(99)}\n`.repeat(100)}`);
    expect(lines.length).toBeLessThan(15);
    expect(lines[0]).toMatch(/^run\.yaml: expected a valid configuration, got \d+ problems/);
    expect(lines.at(-1)).toMatch(/and [\d,]+ more/);
    expect(lines.join('\n').length).toBeLessThan(4000);
  });

  it.each([
    ['epochs=&a [*a]', 'command line, epochs: expected an alias that does not contain itself'],
    ['epochs=*a', 'command line, epochs: expected an alias of an anchor before it'],
    ['__proto__.x=1', "command line, __proto__: expected a known key, got '__proto__'."],
    ['optimizer.constructor=3', 'command line, optimizer.constructor: expected a known key'],
    ['methods.0.prototype=3', 'command line, methods.0.prototype: expected a known key'],
    ['methods.9.as=x', 'command line, methods: expected positions of entries that are there'],
    [
      'methods.1=8',
      'command line, methods.1: expected a mapping with name, from, as, options, cohort, got 8.',
    ],
    ['epochs.x=8', 'command line, epochs: expected a whole number of at least 1, got {"x":8}.'],
    [`${'a.'.repeat(99)}b=3`, 'command line: expected a setting key=value'],
  ])('the setting %.30s', (setting, says) => {
    const lines = ofSetting(setting);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(says);
  });
});

describe("a key that reaches into JavaScript's objects is refused at every level", () => {
  const parts = {
    top: '{"preset": "quick", "KEY": {"validationFraction": 0.5}}',
    optimizer: '{"preset": "quick", "optimizer": {"KEY": {"weightDecay": 9}}}',
    dataset: '{"preset": "quick", "dataset": {"KEY": {"classes": 2}}}',
    'methods.0': '{"preset": "quick", "methods": [{"name": "kd", "KEY": 1}]}',
    'methods.0.options': '{"preset": "quick", "methods": [{"name": "kd", "options": {"KEY": {"alpha": 1}}}]}',
    'methods.0.options.a': '{"preset": "quick", "methods": [{"name": "kd", "options": {"a": {"KEY": 1}}}]}',
  };
  const keys = ['__proto__', 'constructor', 'prototype'];
  it.each(Object.entries(parts).flatMap(([at, text]) => keys.map((key) => [key, at, text] as const)))(
    '%s in %s',
    (key, at, text) => {
      const where = `${at === 'top' ? '' : `${at}.`}${key}: expected a known key, got '${key}'.`;
      const json = text.replace('KEY', key);
      expect(refusal(() => parseConfig(json, 'run.json')).join('\n')).toContain(where);
      const { preset, ...given } = JSON.parse(json) as { readonly preset: string };
      expect(refusal(() => resolveConfig({ preset, flags: [given] })).join('\n')).toContain(where);
      expect(refusal(() => mergeConfig([plainLayer('layer', given)])).join('\n')).toContain(where);
    },
  );
});

describe('long and odd texts', () => {
  it('are cut', () => {
    for (const text of [`student: {model: "${'x'.repeat(5e6)}"}`, `"${'x'.repeat(5e6)}": 1`]) {
      expect(quick(text).join('').length).toBeLessThan(1500);
    }
  });

  it('are no path where they begin with ~, which stands for nothing outside a shell', () => {
    for (const text of ['dataset: {name: folder, dir: ~/photos}', 'teacher: {path: ~/teacher}'])
      expect(quick(text)[0]).toMatch(/expected a path without ~, which only a shell expands, got '~\//);
    // A folder whose name begins so is one.
    expect(resolveConfig({ preset: 'quick', flags: [{ teacher: { path: './~/a' } }] }).teacher.path).toBe(
      './~/a',
    );
    expect(resolveConfig({ preset: 'quick', flags: [{ teacher: { path: '~a' } }] }).teacher.path).toBe('~a');
  });

  it('show control characters as escapes', () => {
    expect(quick('"a\\u001b[31m\\u202e": 1')[0]).toContain("got 'a\\u{1b}[31m\\u{202e}'");
  });

  it('with a long list of seeds take time in proportion', () => {
    const seeds = Array.from({ length: 150_000 }, (_, at) => at).join(', ');
    const before = process.cpuUsage();
    expect(quick(`seeds: [${seeds}]`)).toEqual([
      expect.stringContaining('seeds: expected a list of at most 1000 entries, got [0,1,2'),
    ]);
    // Minutes if it were worse than linear. Processor time, since a busy machine is no fault.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(30);
  });

  it('with thousands of unknown keys take time in proportion, and the first are listed', () => {
    const keys = (many: number): string =>
      Array.from({ length: many }, (_, at) => `k${at}: ${at}`).join('\n');
    const before = process.cpuUsage();
    for (const many of [8000, 32_000])
      expect(quick(keys(many)).at(-1)).toBe(`  and ${(many - 50).toLocaleString('en-US')} more`);
    // A minute and more if it were worse than linear. Processor time, since a busy machine is no fault.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(30);
  });
});

describe('thousands of unknown options', () => {
  it('are refused before all of them are read, in every method', () => {
    const options = Object.fromEntries(Array.from({ length: 8000 }, (_, at) => [`k${at}`, at]));
    const methods = configurableMethods.map((name) => ({ name, options }));
    const before = process.cpuUsage();
    const lines = quick(`methods: ${JSON.stringify(methods.slice(0, 20))}`);
    expect(lines).toHaveLength(21);
    expect(lines[1]).toContain('methods.0.options: expected a mapping of at most 100 options');
    // Minutes, if each were looked at. Processor time, since a busy machine is no fault.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(30);
  });
});

describe('numbers out of bounds', () => {
  it.each([
    ['dataset: {trainSize: 1e12}', 'dataset.trainSize: expected a whole number of at most 10,000,000'],
    ['dataset: {classes: 1e15}', 'dataset.classes: expected a whole number of at most 10,000'],
    ['dataset: {imageSize: 1e6}', 'dataset.imageSize: expected a whole number of at most 2,048'],
    [
      'dataset: {classes: 400}',
      'dataset.superclasses: expected at least 13: a superclass has at most 32 classes, got 4.',
    ],
    ['dataset: {superclasses: 13}', 'dataset.superclasses: expected at most the 12 classes, got 13.'],
    ['dataset: {trainSize: 3000000}', 'run.yaml:2:22, dataset.trainSize: expected at most 4.0 GiB of images'],
    ['dataset: {imageSize: 700}', 'run.yaml:2:22, dataset.imageSize: expected at most 4.0 GiB of images'],
    [
      'batchSize: 65536',
      'batchSize: expected a batch of at most 4.0 GiB, what this machine holds, got 65,536 images',
    ],
    ['batchSize: 1e9', 'batchSize: expected a whole number of at most 65,536'],
    ['epochs: 1e308', 'epochs: expected a whole number of at most 100,000'],
    ['epochs: 1.5', 'epochs: expected a whole number of at least 1, got 1.5.'],
    ['epochs: "3"', "epochs: expected a whole number of at least 1, got '3'."],
    ['seeds: [-1]', 'seeds.0: expected a whole number of at least 0, got -1.'],
    ['seeds: [1e308]', 'seeds.0: expected a whole number of at most'],
    ['optimizer: {learningRate: .inf}', 'optimizer.learningRate: expected a number above 0, got Infinity.'],
    ['optimizer: {learningRate: .nan}', 'optimizer.learningRate: expected a number above 0, got NaN.'],
    ['optimizer: {learningRate: 1e308}', 'optimizer.learningRate: expected a number of at most 1,000,000'],
    ['augmentation: {flip: "true"}', "augmentation.flip: expected true or false, got 'true'."],
    [
      'augmentation: {padCrop: 32}',
      "augmentation.padCrop: expected less than the 32 pixels of an image's edge, got 32.",
    ],
    ['teacher: {kind: cached, views: 1e9}', 'teacher.views: expected a whole number of at most 1,000'],
    [
      'methods: [{name: dml, options: {networks: 1e9}}]',
      'methods.0.options.networks: expected a whole number, at least 2 and at most 64',
    ],
  ])('%s', (text, says) => {
    const lines = quick(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(says);
  });

  it('but −0 is 0', () => {
    expect(Object.is(resolveConfig({ preset: 'quick', flags: [{ seeds: [-0] }] }).seeds[0], 0)).toBe(true);
  });
});

describe('names that some disk does not take', () => {
  it.each([
    'con',
    'CON',
    'nul.txt',
    'Lpt1',
    'kd.',
    'a b',
    'a ',
    'a/b',
    'a\\b',
    '../a',
    '.a',
    'a\u0001',
    'ä',
    'a:b',
    '-a',
  ])('as: %j', (as) => {
    const flags = [{ methods: ['student', { name: 'kd', as }] }];
    expect(refusal(() => resolveConfig({ preset: 'quick', flags }))[0]).toContain(
      'methods.1.as: expected a name',
    );
    const name = { methods: ['student', { name: as }] };
    expect(refusal(() => resolveConfig({ preset: 'quick', flags: [name] }))[0]).toContain(
      'methods.1.name: expected a',
    );
  });

  it.each([
    [
      '[kd, {name: kd, as: KD}]',
      'methods.1: expected a name that no method before it has, got {"name":"kd","as":"KD"}.',
    ],
    ['[{name: kd, as: hot}, {name: kd, as: Hot}]', 'On many disks it is the same folder as hot.'],
    ['[{name: kd, as: Teacher}]', 'methods.0.as: expected a name'],
    ['[{name: kd, as: Student}]', 'methods.0.as: expected a unique name'],
    ['[{name: kd, as: constructor}]', 'methods.0.as: expected a name of letters, digits'],
    [`[{name: kd, as: ${'a'.repeat(65)}}]`, 'methods.0.as: expected a name of at most 64 characters'],
  ])('%s', (methods, says) => {
    const said = quick(`methods: ${methods}`);
    expect(said.join('\n')).toContain(says);
    expect(said).toHaveLength(1);
  });
});

describe('a setting', () => {
  it('reaches the entries of lists, names alone too', () => {
    const settings = [
      'methods.1.options.temperature=8',
      'methods.1.as=hot',
      'seeds.2=7',
      'methods.0=label-smoothing',
    ];
    const { methods, seeds } = resolveConfig({ preset: 'quick', flags: settings.map(parseSetting) });
    expect(methods).toEqual([
      { name: 'label-smoothing', as: 'label-smoothing', options: {} },
      { name: 'kd', as: 'hot', options: { temperature: 8 } },
      { name: 'cckd', as: 'cckd', options: {} },
    ]);
    expect(seeds).toEqual([0, 1, 7]);
  });
});

describe('a merge key', () => {
  const methodsOf = (text: string): unknown =>
    resolveConfig({ preset: 'quick', file: { text, name: 'run.yaml' } }).methods;

  it('takes over what the mapping does not say itself, the first of several before the others', () => {
    const text = `\
methods:
  - &kd {name: kd, options: &soft {temperature: 8, ceWeight: 0.5}}
  - {<<: *kd, as: hot, options: {<<: *soft, temperature: 16}}
  - {as: both, name: dkd, options: {<<: [{temperature: 2}, *soft]}}`;
    expect(methodsOf(text)).toEqual([
      { name: 'kd', as: 'kd', options: { temperature: 8, ceWeight: 0.5 } },
      { name: 'kd', as: 'hot', options: { temperature: 16, ceWeight: 0.5 } },
      { name: 'dkd', as: 'both', options: { temperature: 2, ceWeight: 0.5 } },
    ]);
  });

  it.each([
    ['of a number', 'optimizer: {<<: 5}', 'run.yaml:2:13: expected a mapping to merge'],
    ['within its anchor', 'methods: &a [{<<: *a}]', 'run.yaml:2:19: expected an alias that does not contain'],
    ['of what is wrong', '<<: {epochs: -3}', 'run.yaml:2:1, epochs: expected a whole number of at least 1'],
    ['in quotes is a key', '"<<": {epochs: 3}', "run.yaml:2:1, <<: expected a known key, got '<<'"],
  ])('%s', (_, text, says) => {
    const lines = quick(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(says);
  });
});

describe('a preset', () => {
  it('of the command line counts before that of the file, and every name is checked', () => {
    const file = { name: 'run.yaml', text: 'preset: cifar10\n' };
    expect(resolveConfig({ preset: 'quick', file })).toMatchObject({ preset: 'quick', engine: 'wasm' });
    const flags = [parseSetting('preset=nope')];
    expect(refusal(() => resolveConfig({ preset: 'quick', flags }))[0]).toContain(
      "command line, preset: expected the name of a preset, got 'nope'.",
    );
  });
});

describe('ten mistakes', () => {
  const WRONG = `\
preset: quik
engine: WASMM
dataset:
  name: synthetic
  trainsize: 3
teacher: {model: plain15}
methods:
  - kdd
  - {name: kd, options: {temperature: -1, alfa: 2}}
epochs: 0
optimizer: {name: sgdd}
seeds: [1, 1]
`;
  const found = [
    "run.yaml:1:9, preset: expected the name of a preset, got 'quik'. Did you mean 'quick'?",
    "run.yaml:2:9, engine: expected an engine, got 'WASMM'. Did you mean 'wasm'?",
    "run.yaml:5:3, dataset.trainsize: expected a known key, got 'trainsize'. Did you mean 'trainSize'?",
    "run.yaml:6:18, teacher.model: expected a network of the zoo, got 'plain15'. Did you mean 'plain16'?",
    "run.yaml:8:5, methods.0.name: expected a method, got 'kdd'. Did you mean 'kd'?",
    'run.yaml:9:39, methods.1.options.temperature: expected a number from 0.01 to 1000, got -1.',
    "run.yaml:9:43, methods.1.options.alfa: expected a known option, got 'alfa'.",
    'run.yaml:10:9, epochs: expected a whole number of at least 1, got 0.',
    "run.yaml:11:19, optimizer.name: expected an optimizer, got 'sgdd'. Did you mean 'sgd'?",
    'run.yaml:12:12, seeds.1: expected a seed that is not in the list yet, got 1.',
  ];

  it('are reported at once, each with its line and column', () => {
    const lines = ofFile(WRONG);
    expect(lines[0]).toBe('run.yaml: expected a valid configuration, got 10 problems. ');
    for (const words of found)
      expect(
        lines.some((line) => line.startsWith(`  ${words}`)),
        words,
      ).toBe(true);
    expect(lines).toHaveLength(11);
    expect(ofFile(WRONG.replaceAll('\n', '\r\n'))).toEqual(lines);
  });

  it('in entries of methods and of tune: one hides no other, nor its own options', () => {
    const lines = quick(`\
methods:
  - 5
  - {name: kd, as: CON, options: {temperature: -1}}
  - {name: rtk, options: {q: 1}, extra: 4}
  - {name: nope}
  - {name: dkd, options: {temperature: 0}}
tune: {CON: [{temperature: 2}, {ceWeight: -5}], dkd: {temperature: [-1]}, nope: [{a: 1}], kd: 5, student: [{x: 1}]}`);
    expect(lines.slice(1).map((line) => line.trim().split(/: expected|, got/)[0])).toEqual([
      'run.yaml:3:5, methods.0',
      'run.yaml:4:20, methods.1.as',
      'run.yaml:5:34, methods.2.extra',
      'run.yaml:8:95, tune.kd',
      'run.yaml:4:48, methods.1.options.temperature',
      'run.yaml:5:27, methods.2.options.q',
      'run.yaml:6:12, methods.3.name',
      'run.yaml:7:40, methods.4.options.temperature',
      'run.yaml:8:43, tune.CON.1.ceWeight',
      'run.yaml:8:68, tune.dkd.temperature',
      'run.yaml:8:91, tune.kd',
      'run.yaml:8:98, tune.student',
      // One trial, where CON has two.
      'run.yaml:8:54, tune.dkd',
    ]);
  });

  it('in fields of one part: none hides a rule about the others', () => {
    const lines = quick(`\
dataset: {name: synthetic, classes: 12, superclasses: 13, trainSize: many, imageSize: 16, extra: 1}
teacher: {modle: plain15, model: plain17, layout: nchw, epochs: 4, kind: cached}
student: {model: plain8, modle: 2}
methods: [{name: kd, options: 3}, kd, {name: dml, cohort: [plain16, plain16]}]
augmentation: {padCrop: 16, flip: maybe}
schedule: {name: cosine, warmupEpochs: 5}
epochs: 4
seeds: [1, x, 1]`);
    expect(lines.slice(1).map((line) => line.trim().split(/: expected|, got/)[0])).toEqual([
      'run.yaml:2:70, dataset.trainSize',
      'run.yaml:2:91, dataset.extra',
      'run.yaml:6:35, augmentation.flip',
      'run.yaml:3:34, teacher.model',
      'run.yaml:3:1, teacher.views',
      'run.yaml:3:11, teacher.modle',
      'run.yaml:4:26, student.modle',
      'run.yaml:5:31, methods.0.options',
      'run.yaml:9:12, seeds.1',
      'run.yaml:5:35, methods.1',
      'run.yaml:5:59, methods.2.cohort',
      'run.yaml:3:43, teacher.layout',
      'run.yaml:9:15, seeds.2',
      'run.yaml:2:55, dataset.superclasses',
      'run.yaml:6:25, augmentation.padCrop',
      'run.yaml:7:40, schedule.warmupEpochs',
    ]);
    // A rule that would have to read what is wrong says nothing.
    expect(quick('dataset: {classes: twelve, superclasses: 13}')).toHaveLength(1);
    expect(quick('epochs: none\nschedule: {warmupEpochs: 500}')).toHaveLength(1);
  });

  it('in JSON too', () => {
    const json = `{
\t"preset": "quick",
\t"epochs": 0,
\t"methods": ["kdd", {"name": "kd", "options": {"temperature": "8"}}]
}`;
    expect(
      ofFile(json)
        .slice(1)
        .map((line) => line.split(' expected')[0]?.trim()),
    ).toEqual([
      'run.yaml:3:12, epochs:',
      'run.yaml:4:14, methods.0.name:',
      'run.yaml:4:63, methods.1.options.temperature:',
    ]);
  });
});

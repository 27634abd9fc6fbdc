import { describe, expect, it } from 'vitest';
import { parseSetting, resolveConfig, resolveStudy } from '../../src/config/index.js';
import type { RunConfig, StudyConfig } from '../../src/config/index.js';
import { configurableMethods } from '../../src/run/method-catalog.js';
import { methodProblems } from '../../src/run/method-problems.js';

const resolved = (text: string, flags: readonly object[] = []): RunConfig | StudyConfig =>
  resolveStudy({
    file: { text, name: 'run.yaml' },
    flags,
    methodNames: configurableMethods,
    checkMethod: methodProblems,
  });
function tasks(text: string, flags: readonly object[] = []): StudyConfig['tasks'] {
  const config = resolved(text, flags);
  if ('tasks' in config) return config.tasks;
  throw new Error('one run');
}

describe('a study', () => {
  const pairs =
    'pairs: [{ teacher: { model: resnet32, epochs: 9 }, student: resnet8 }, { teacher: { model: resnet20, epochs: 9 }, student: resnet8 }]\ndataset: { name: cifar10, dir: a }\n';
  it('refuses flags that no run would take', () => {
    const says = (path: string, at: string): string =>
      `command line, ${path}: expected no field that all entries of ${at}`;
    expect(() => tasks(pairs, [{ teacher: { epochs: 2 } }])).toThrow(
      `${says('teacher.epochs', 'pairs')} have, got 2. Set it in them, e.g. --set pairs.0.teacher.epochs=…`,
    );
    // That one entry names the same network is no reason to pass over the others.
    expect(() => tasks(pairs, [{ teacher: { model: 'resnet20' } }])).toThrow(says('teacher.model', 'pairs'));
    const datasets =
      'datasets: [{ name: cifar10, dir: a }, { name: cifar100, dir: b }]\nteacher: { model: resnet20 }\nstudent: { model: resnet8 }\n';
    expect(() => tasks(datasets, [{ dataset: { dir: 'x' } }])).toThrow(says('dataset.dir', 'datasets'));
    const seeded = tasks(pairs, [{ teacher: { seed: 3, epochs: 9 }, dataset: { trainSize: 5 } }]);
    expect(seeded.map(({ config }) => config)).toMatchObject([
      { teacher: { model: 'resnet32', seed: 3 }, dataset: { trainSize: 5 } },
      { teacher: { model: 'resnet20', seed: 3 }, dataset: { trainSize: 5 } },
    ]);
  });

  it('keeps the network of a pair whose fields a flag sets', () => {
    const text = 'pairs: [{ teacher: resnet56, student: resnet20 }]\ndataset: { name: cifar10, dir: a }\n';
    const [one] = tasks(text, [parseSetting('pairs.0.teacher.epochs=2')]);
    expect(one?.config.teacher).toMatchObject({ model: 'resnet56', epochs: 2 });
  });

  it('is every dataset with every pair', () => {
    const found = tasks(`
pairs:
  - { teacher: resnet56, student: resnet20 }
  - { teacher: { model: wrn-40-2, epochs: 9 }, student: { model: wrn-16-2 }, as: wide }
datasets: [{ name: cifar10, dir: a }, { name: cifar100, dir: b }]
teacher: { epochs: 5 }
methods: [kd]
seeds: [3]
`);
    expect(found.map(({ name }) => name)).toEqual([
      'cifar10+resnet56-resnet20',
      'cifar10+wide',
      'cifar100+resnet56-resnet20',
      'cifar100+wide',
    ]);
    expect(
      found.map(({ config: { teacher, student, dataset } }) => [
        teacher.model,
        teacher.epochs,
        student.model,
        dataset,
      ]),
    ).toEqual([
      ['resnet56', 5, 'resnet20', { name: 'cifar10', dir: 'a' }],
      ['wrn-40-2', 9, 'wrn-16-2', { name: 'cifar10', dir: 'a' }],
      ['resnet56', 5, 'resnet20', { name: 'cifar100', dir: 'b' }],
      ['wrn-40-2', 9, 'wrn-16-2', { name: 'cifar100', dir: 'b' }],
    ]);
  });

  it('extends a preset, and replaces its dataset or pair', () => {
    const found = tasks(
      'preset: quick\ndatasets: [{ name: synthetic, as: hard, difficulty: 0.9 }, { name: synthetic, as: easy }]',
    );
    expect(found.map(({ name }) => name)).toEqual(['hard+plain16-plain8', 'easy+plain16-plain8']);
    const [hard] = found;
    // The preset's own fields of the same dataset stay; a run of a study is none of the preset any more.
    expect(hard?.config.dataset).toMatchObject({ classes: 12, difficulty: 0.9 });
    expect(hard?.config.preset).toBeUndefined();
    expect(hard?.config.methods.map(({ as }) => as)).toEqual(['student', 'kd', 'cckd']);
    expect(tasks('preset: quick', [{ pairs: [{ teacher: 'plain32', student: 'plain16' }] }])[0]?.name).toBe(
      'synthetic+plain32-plain16',
    );
  });

  it('takes from a nameless dataset what is common, e.g. the folder', () => {
    const found = tasks(
      'datasets: [cifar10, cifar100]\nteacher: { model: plain16 }\nstudent: { model: plain8 }',
      [{ dataset: { dir: 'both' } }],
    );
    expect(found.map(({ config }) => config.dataset)).toEqual([
      { name: 'cifar10', dir: 'both' },
      { name: 'cifar100', dir: 'both' },
    ]);
  });

  it('reports all mistakes at once, with their positions', () => {
    expect(() =>
      resolved(`dataset: { name: synthetic }
pairs:
  - { teacher: plain61, student: plain8 }
  - { teacher: { model: plain16, epochs: 0 }, student: plain8 }
  - { teacher: plain16 }
epochs: -1
`),
    ).toThrow(
      /got 2 problems.*run\.yaml:5:5, pairs\.2\.student: expected the name of a network.*got nothing.*run\.yaml:6:9, epochs: expected a whole number of at least 1, got -1/s,
    );
    let message = '';
    try {
      resolved(`dataset: { name: synthetic }
pairs:
  - { teacher: plain61, student: plain8 }
  - { teacher: { model: plain16, epochs: 0 }, student: plain8 }
epochs: -1
pair: 1
methods: [kd, { name: cckd, options: { gama: 1 } }]
`);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(
      "run.yaml:3:7, pairs.0.teacher.model: expected a network of the zoo, got 'plain61'",
    );
    expect(message).toContain(
      'run.yaml:4:42, pairs.1.teacher.epochs: expected a whole number of at least 1, got 0',
    );
    expect(message).toMatch(/pair: expected a known key, got 'pair'. Did you mean 'pairs'/);
    expect(message).toContain('5 problems');
    expect(message.match(/epochs: expected a whole number of at least 1, got -1/g)).toHaveLength(1);
  });

  it('refuses two tasks of one name', () => {
    const text =
      'dataset: { name: synthetic }\npairs: [{ teacher: plain16, student: plain8 }, { teacher: plain16, student: plain8 }]';
    expect(() => resolved(text)).toThrow(
      /run\.yaml:2:48, pairs\.1: expected a name that no earlier task has.*`as`/,
    );
  });

  it('is refused where one run is wanted', () => {
    const text = 'dataset: { name: synthetic }\npairs: [{ teacher: plain16, student: plain8 }]';
    expect(() => resolveConfig({ file: { text, name: 'run.yaml' } })).toThrow(
      /run\.yaml:2:8, pairs: expected a configuration of one run/,
    );
  });
});

const one = (text: string): RunConfig => {
  const config = resolved(
    `dataset: { name: synthetic }\nteacher: { model: plain16 }\nstudent: { model: plain8 }\n${text}`,
  );
  if ('tasks' in config) throw new Error('a study');
  return config;
};

describe('tuning', () => {
  it('crosses lists of values, and goes through those below zip together', () => {
    const { tune, tuning } = one(`methods: [kd, cckd]
tune:
  kd: { temperature: [2, 4], zip: { kdWeight: [0.9, 0.5, 0.1], ceWeight: [0.1, 0.5, 0.9] } }
  cckd: [{ temperature: 1 }, {}, { temperature: 2 }, { temperature: 3 }, { temperature: 4 }, { temperature: 5 }]
`);
    expect(tune?.['kd']).toEqual([
      { temperature: 2, kdWeight: 0.9, ceWeight: 0.1 },
      { temperature: 2, kdWeight: 0.5, ceWeight: 0.5 },
      { temperature: 2, kdWeight: 0.1, ceWeight: 0.9 },
      { temperature: 4, kdWeight: 0.9, ceWeight: 0.1 },
      { temperature: 4, kdWeight: 0.5, ceWeight: 0.5 },
      { temperature: 4, kdWeight: 0.1, ceWeight: 0.9 },
    ]);
    expect(tune?.['cckd']).toHaveLength(6);
    expect(tuning).toEqual({ seeds: [1_000_000_007], budget: 'equal' });
    // What config.json holds is a configuration itself.
    expect(one(`methods: [kd, cckd]\ntune: ${JSON.stringify(tune)}`).tune).toEqual(tune);
  });

  it('gives every method as many trials, with seeds of their own', () => {
    const text =
      'methods: [kd, cckd]\ntune: { kd: { temperature: [2, 4] }, cckd: { temperature: [1, 2, 3] } }\n';
    expect(() => one(text)).toThrow(
      /run\.yaml:5:44, tune\.cckd: expected 2 trials, as many as kd has, got 3/,
    );
    expect(one(`${text}tuning: { budget: unequal }`).tune?.['cckd']).toHaveLength(3);
    expect(() => one('tune: { kd: { temperature: [2] } }\ntuning: { seeds: [0] }')).toThrow(
      /tuning\.seeds\.0: expected a seed that the run does not use, got 0/,
    );
  });

  it('refuses options that no method takes, with their position', () => {
    const wrong = (text: string): string => {
      try {
        one(text);
        return 'nothing';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(wrong('tune: { kdd: { temperature: [2] } }')).toMatch(
      /run\.yaml:4:9, tune\.kdd: expected a method of the run.*'kd'/,
    );
    expect(wrong('tune: { kd: { temprature: [2, 4] } }')).toMatch(
      /run\.yaml:4:15, tune\.kd\.temprature: expected a known option/,
    );
    expect(wrong('tune: { kd: { temperature: [2, -4] } }')).toMatch(
      /tune\.kd\.temperature: expected a number from 0.01 to 1000.*got -4/,
    );
    expect(wrong('tune: { kd: { temperature: 2 } }')).toMatch(
      /tune\.kd\.temperature: expected a list of values/,
    );
    expect(wrong('tune: { kd: { zip: { temperature: [1, 2], kdWeight: [1] } } }')).toMatch(
      /tune\.kd\.zip: expected lists of equal length/,
    );
    expect(wrong('tune: 3')).toMatch(/tune: expected a mapping of methods to options, got 3/);
  });
});

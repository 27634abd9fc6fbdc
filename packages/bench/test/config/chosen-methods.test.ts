import { describe, expect, it } from 'vitest';
import { resolveConfig, resolveStudy } from '../../src/config/index.js';
import type { RunConfig } from '../../src/config/index.js';
import { configurableMethods, techniqueNames } from '../../src/run/method-catalog.js';

const text = `
preset: cifar10
dataset: { dir: data }
methods:
  - { name: kd, options: { temperature: 7 } }
  - { name: dml, as: pair, cohort: [resnet8, resnet14] }
  - { from: ./mine.mjs }
  - cckd
tune:
  kd: [{ kdWeight: 1 }, { kdWeight: 2 }]
  cckd: [{ beta: 1 }, { beta: 2 }]
tuning: { seeds: [77] }
`;
const methodNames = configurableMethods;
const chosenFrom = (chosen: readonly string[], flags: readonly object[] = []): RunConfig =>
  resolveConfig({ file: { text, name: 'run.yaml' }, chosen, flags, methodNames });

describe('--methods', () => {
  it("keeps a configuration's methods with all that they have, under their names there", () => {
    const { methods } = chosenFrom(['pair', 'kd', 'mine']);
    expect(methods.map(({ as }) => as)).toEqual(['pair', 'kd', 'mine']);
    expect(methods[0]).toMatchObject({ name: 'dml', cohort: ['resnet8', 'resnet14'] });
    expect(methods[1]?.options).toEqual({ temperature: 7 });
    expect(methods[2]?.from).toMatch(/[\\/]mine\.mjs$/);
  });

  it('takes from the catalog what the configuration does not have', () => {
    const { methods } = chosenFrom(['student', 'dml']);
    expect(methods.map(({ as, cohort }) => [as, cohort])).toEqual([
      ['student', undefined],
      ['dml', undefined],
    ]);
  });

  it('takes the trials of what is left out along, and tuning with the last of them', () => {
    expect(Object.keys(chosenFrom(['kd', 'pair']).tune ?? {})).toEqual(['kd']);
    expect(chosenFrom(['kd', 'pair']).tuning?.seeds).toEqual([77]);
    const without = chosenFrom(['student', 'pair']);
    expect([without.tune, without.tuning]).toEqual([undefined, undefined]);
    const file = {
      text: 'preset: study-cifar10\ntuning: { seeds: [77] }\ndataset: { dir: data }\n',
      name: 'run.yaml',
    };
    const study = resolveStudy({ file, chosen: ['student'], methodNames });
    for (const { config } of 'tasks' in study ? study.tasks : []) expect(config.tuning).toBeUndefined();
  });

  it('still refuses trials of a method that is nowhere, and unknown names', () => {
    const wrong = text.replace('  cckd: [', '  ckd: [');
    expect(() =>
      resolveConfig({ file: { text: wrong, name: 'run.yaml' }, chosen: ['kd'], methodNames }),
    ).toThrow(/run\.yaml:11:3, tune\.ckd: expected a method of the run, got 'ckd'/);
    expect(() => chosenFrom(['par'])).toThrow(
      /^command line, methods\.0\.name: expected a method, got 'par'/,
    );
  });

  it('tells what is wrong with a method by its place in the file', () => {
    const wrong = text.replace('resnet14', 'resnet15');
    expect(() =>
      resolveConfig({ file: { text: wrong, name: 'run.yaml' }, chosen: ['student', 'pair'], methodNames }),
    ).toThrow(/^run\.yaml:6:\d+, methods\.1\.cohort\.1: expected/);
  });

  it('goes before settings, which count its places', () => {
    const { methods } = chosenFrom(['student', 'kd'], [{ methods: { 1: { options: { kdWeight: 3 } } } }]);
    expect(methods[1]?.options).toEqual({ temperature: 7, kdWeight: 3 });
  });

  it.each(['study-cifar10', 'study-cifar100'])(
    'takes part of preset %s, which tunes its methods',
    (preset) => {
      const flags = [{ dataset: { dir: 'data' } }];
      for (const chosen of [['student'], ['student', 'kd'], techniqueNames]) {
        const study = resolveStudy({ preset, chosen, flags, methodNames });
        const tasks = 'tasks' in study ? study.tasks : [];
        expect(tasks.length).toBeGreaterThan(1);
        for (const { config } of tasks) expect(config.methods.map(({ as }) => as)).toEqual([...chosen]);
      }
    },
  );

  it('leaves the options of a preset to its methods', () => {
    const flags = [{ dataset: { dir: 'data' } }];
    const whole = resolveConfig({ preset: 'paper-cckd-imagenet', flags, methodNames });
    const part = resolveConfig({ preset: 'paper-cckd-imagenet', flags, methodNames, chosen: ['kd'] });
    expect(part.methods).toEqual(whole.methods.filter(({ as }) => as === 'kd'));
    expect(part.methods[0]?.options).not.toEqual({});
  });
});

describe('a setting of one method', () => {
  const methods = ['student', { name: 'kd', as: 'hot', options: { temperature: 8 } }, 'cckd'];
  const optionsOf = (settings: object, chosen?: readonly string[]): unknown =>
    resolveConfig({ preset: 'quick', flags: [{ methods }, { methods: settings }], chosen }).methods.map(
      ({ as, options }) => [as, options],
    );

  it('names it, whatever its place', () => {
    const warm = { hot: { options: { temperature: 2 } }, cckd: { options: { beta: 3 } } };
    const expected = [
      ['student', {}],
      ['hot', { temperature: 2 }],
      ['cckd', { beta: 3 }],
    ];
    expect(optionsOf(warm)).toEqual(expected);
    expect(optionsOf({ 1: warm.hot, 2: warm.cckd })).toEqual(expected);
  });

  it('is refused for a name that no method has', () => {
    expect(() => optionsOf({ cold: { options: {} } })).toThrow(
      /methods\.cold: expected the name or place of a method of the run, got 'cold'/,
    );
  });
});

import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { presetNames, presets, resolveConfig, resolveStudy } from '../../src/config/index.js';
import type { PresetName, RunConfig } from '../../src/config/index.js';
import { listEntries, listTable } from '../../src/cli/list.js';
import { planMethod } from '../../src/run/cohort.js';
import { configurableMethods, methodCatalog } from '../../src/run/method-catalog.js';
import { methodProblems } from '../../src/run/method-problems.js';

/** The runs of a preset: one, or one per task. */
function runsOf(preset: PresetName): readonly RunConfig[] {
  const flags = preset === 'quick' ? [] : [{ dataset: { dir: 'data' } }];
  const found = resolveStudy({
    ...{ preset, flags, methodNames: configurableMethods },
    checkMethod: methodProblems,
  });
  return 'tasks' in found ? found.tasks.map(({ config }) => config) : [found];
}

/** Learning rates fall at these epochs, from 0. */
const fallsAt = ({ schedule, epochs }: RunConfig): readonly number[] =>
  schedule.milestones.map((share) => Number((share * epochs).toFixed(6)));

describe.each(presetNames)('preset %s', (name) => {
  it('needs the data folder alone, and every method of it can be planned', () => {
    const runs = runsOf(name);
    expect(runs).toHaveLength((presets[name] as { readonly pairs?: readonly object[] }).pairs?.length ?? 1);
    for (const config of runs) {
      expect(config.methods.length).toBeGreaterThan(1);
      for (const method of config.methods)
        expect(planMethod(method, config.student.model).method.name).not.toBe('');
    }
  });

  it('is the same after a round through config.json', () => {
    for (const config of runsOf(name)) {
      const file = { text: JSON.stringify(config), name: 'config.json' };
      expect(resolveConfig({ file })).toEqual(config);
    }
  });
});

it('are listed, those of studies with the networks of all pairs', () => {
  const shown = listTable('presets');
  for (const name of presetNames) expect(shown).toContain(name);
  const entry = listEntries('presets').find(({ name }) => name === 'repdistiller-unlike');
  expect(entry).toMatchObject({ student: ['mobilenetv2-half', 'shufflenetv1', 'shufflenetv2'] });
});

describe('presets of papers', () => {
  const only = (name: PresetName): RunConfig => runsOf(name)[0] as RunConfig;

  it.each([
    ['paper-mhgd-cifar100-wrn', 100, 128, 0.1, 5e-4, [30, 60, 80]],
    ['paper-afd-cifar100-resnet32-pair', 300, 128, 0.1, 1e-4, [150, 225]],
    ['paper-cckd-cifar100', 200, 64, 0.1, 5e-4, [80, 120, 160]],
    ['paper-cckd-imagenet', 150, 1024, 0.4, 5e-4, [50, 80, 120]],
    ['paper-cckd-msmt17', 90, 40, 3e-4, 5e-4, [45, 60]],
    ['paper-cckd-megaface', 120, 1024, 0.1, 5e-4, [50, 80, 100]],
    ['paper-rtk-cifar100', 240, 64, 0.05, 5e-4, [149, 179, 209]],
    ['paper-vam-cifar100', 240, 64, 0.05, 5e-4, [150, 180, 210]],
    ['repdistiller', 240, 64, 0.05, 5e-4, [150, 180, 210]],
  ] as const)(
    '%s: %i epochs of batches of %i, rate %f, decay %f, steps at %j',
    (name, epochs, batch, rate, decay, at) => {
      const config = only(name);
      expect([config.epochs, config.batchSize]).toEqual([epochs, batch]);
      expect(config.optimizer).toMatchObject({ learningRate: rate, weightDecay: decay, momentum: 0.9 });
      expect(fallsAt(config)).toEqual(at);
    },
  );

  it('a student of another family learns slower than its teacher did', () => {
    for (const { optimizer, teacher } of runsOf('repdistiller-unlike'))
      expect([optimizer.learningRate, teacher.learningRate]).toEqual([0.01, 0.05]);
  });

  it("cckd's paper gives no weight to labels", () => {
    for (const name of ['paper-cckd-cifar100', 'paper-cckd-imagenet'] as const) {
      const { options } = only(name).methods.find((method) => method.name === 'cckd') ?? {};
      expect(options).toMatchObject({
        ceWeight: 0,
        kdWeight: 1,
        beta: 0.003,
        gamma: 0.4,
        order: 2,
        perClass: 4,
      });
    }
  });

  it('no digits of SVHN are mirrored', () => {
    for (const { augmentation } of runsOf('paper-rtk-svhn')) expect(augmentation.flip).toBe(false);
  });
});

it('studies try as many options for every method, with seeds of their own, and train ten times', () => {
  for (const name of ['study-cifar10', 'study-cifar100'] as const) {
    for (const { tune = {}, tuning, seeds, methods } of runsOf(name)) {
      expect(seeds).toHaveLength(10);
      const untuned = methods.filter(({ as }) => tune[as] === undefined).map(({ as }) => as);
      expect(untuned).toEqual(['student', 'label-smoothing']);
      for (const [as, trials] of Object.entries(tune)) {
        expect(trials).toHaveLength(4);
        const { defaults = {} } = methodCatalog.find((entry) => entry.name === as) ?? {};
        // One of them is what the method's authors chose.
        const isDefault = (trial: object): boolean => isDeepStrictEqual({ ...defaults, ...trial }, defaults);
        expect(trials.filter(isDefault), as).toHaveLength(1);
      }
      for (const seed of tuning?.seeds ?? []) expect(seeds).not.toContain(seed);
    }
  }
});

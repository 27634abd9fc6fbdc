import { DistillError, nearestNameHint } from '@distilljs/core';
import type { ConfigLayer } from './layer.js';
import { plainLayer } from './layer.js';
import type { ConfigInput } from './schema.js';

/** A preset leaves to the user what only the user knows, such as the folder of the data. */
type Preset = Omit<ConfigInput, 'dataset'> & { readonly dataset: object };

/** Ready-made configurations. */
export const presets = {
  /** Minutes on two cores: synthetic images, small plain networks, nothing to download. */
  quick: {
    engine: 'wasm',
    dataset: {
      name: 'synthetic',
      classes: 12,
      superclasses: 4,
      trainSize: 2800,
      testSize: 1000,
      difficulty: 0.4,
    },
    augmentation: { padCrop: 2, flip: true },
    teacher: { model: 'plain16', epochs: 12 },
    student: { model: 'plain8' },
    methods: ['student', 'kd', 'cckd'],
    seeds: [0, 1, 2],
    epochs: 10,
    batchSize: 64,
    optimizer: { name: 'sgd', learningRate: 0.1, nesterov: true },
    schedule: { name: 'cosine', warmupEpochs: 1 },
  },
  /**
   * CIFAR-10 with a residual teacher and a student of a third of its size, on a short schedule: about an hour for 4,000
   * images on two cores with the engine `node`. The pair of the literature is
   * `--teacher-model resnet56 --student-model resnet20 --epochs 240`.
   */
  cifar10: {
    engine: 'auto',
    dataset: { name: 'cifar10' },
    teacher: { model: 'resnet20', epochs: 40 },
    student: { model: 'resnet8' },
    methods: ['student', 'kd', 'cckd'],
    seeds: [0, 1, 2],
    epochs: 12,
    batchSize: 64,
    optimizer: { name: 'sgd', learningRate: 0.1, nesterov: true },
    schedule: { name: 'cosine', warmupEpochs: 1 },
  },
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames: readonly PresetName[] = Object.keys(presets) as PresetName[];

/**
 * A preset as the lowest layer of a configuration.
 *
 * @throws DistillError code `config` for a name that is not there
 */
export function presetLayer(name: unknown): ConfigLayer {
  const found = presetNames.find((preset) => preset === name);
  if (found !== undefined) return plainLayer(`preset ${found}`, presets[found]);
  throw new DistillError({
    code: 'config',
    where: 'preset',
    expected: 'the name of a preset',
    got: typeof name === 'string' ? `'${name}'` : JSON.stringify(name),
    hint: nearestNameHint(String(name), presetNames),
  });
}

import { nearestNameHint } from '@distilljs/core';
import type { ConfigLayer } from './layers.js';
import { plainLayer } from './layers.js';
import { paperPresets } from './paper-presets.js';
import type { Preset } from './preset.js';
import type { Problem } from './problem.js';
import { placeOf, shown } from './problem.js';
import { repdistillerPresets } from './repdistiller-presets.js';
import { studyPresets } from './study-presets.js';

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
   * images on two cores with the engine `node`. The usual pair in the literature is
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
  /**
   * Your own hundreds to thousands of photographs, in one folder per class: `--data-dir DIR`, and optionally your own teacher,
   * `--teacher PATH`; without it, a zoo network is trained. At 64 pixels a first result takes minutes on two cores with the engine
   * `node`.
   */
  folder: {
    engine: 'auto',
    dataset: { name: 'folder', imageSize: 64 },
    augmentation: { randomResizedCrop: { scale: [0.35, 1] }, flip: true },
    // Your own teacher may be large: it runs once per image and view.
    teacher: { model: 'resnet20', epochs: 30, kind: 'auto', views: 4 },
    student: { model: 'resnet8' },
    methods: ['student', 'kd'],
    seeds: [0],
    epochs: 15,
    batchSize: 32,
    optimizer: { name: 'sgd', learningRate: 0.05, nesterov: true },
    schedule: { name: 'cosine', warmupEpochs: 1 },
  },
  ...studyPresets,
  ...paperPresets,
  ...repdistillerPresets,
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames: readonly PresetName[] = Object.keys(presets) as PresetName[];

export function isPresetName(name: unknown): name is PresetName {
  return presetNames.some((preset) => preset === name);
}

/** A preset as the lowest layer of a configuration. */
export function presetLayer(name: PresetName): ConfigLayer {
  return plainLayer(`preset ${name}`, presets[name]);
}

/**
 * The problem of an unknown preset.
 *
 * @param layers the layers that may have named it
 */
export function presetProblem(name: unknown, layers: readonly ConfigLayer[]): Problem {
  const hint =
    typeof name === 'string' ? nearestNameHint(name, presetNames) : `Available: ${presetNames.join(', ')}.`;
  const where = layers.length === 0 ? 'preset' : placeOf(['preset'], layers);
  return { where, expected: 'the name of a preset', got: shown(name), hint };
}

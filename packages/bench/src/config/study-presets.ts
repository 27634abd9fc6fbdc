import type { Preset } from './preset.js';

const TEN_SEEDS = Array.from({ length: 10 }, (_, seed) => seed);

/** Four values for the weight of a method's own term, so that each method has four trials; the authors' value is one of them. */
const around = (option: string, value: number): object => ({
  [option]: [value / 16, value / 4, value, value * 4],
});

/**
 * The protocol of docs/protocol.md on the first 4,421 images of CIFAR-10 (or fewer), with ten seeds and two pairs: one within a family, one
 * across two. Options are chosen on validation images with the same number of trials per method; the test images are used once.
 */
const study = {
  engine: 'auto',
  augmentation: { padCrop: 4, flip: true },
  pairs: [
    { teacher: { model: 'resnet32', epochs: 120 }, student: 'resnet8' },
    { teacher: { model: 'wrn-16-2', epochs: 120 }, student: 'mobilenet16' },
  ],
  methods: [
    ...['student', 'label-smoothing', 'kd', 'kd-standardized', 'dkd', 'dist'],
    ...['fitnet+kd', 'at+kd', 'sp+kd', 'rkd+kd', 'pkt+kd'],
    ...['cckd', 'kd-svd+kd', 'mhgd+kd', 'attention-matching', 'rtk', 'vam', 'afd-offline'],
  ],
  seeds: TEN_SEEDS,
  epochs: 60,
  batchSize: 64,
  optimizer: { name: 'sgd', learningRate: 0.1, nesterov: true },
  schedule: { name: 'cosine', warmupEpochs: 1 },
  tune: {
    kd: { temperature: [2, 4], kdWeight: [0.9, 3] },
    'kd-standardized': { temperature: [2, 4], kdWeight: [3, 9] },
    dkd: { othersWeight: [0.5, 2, 4, 8] },
    dist: { temperature: [1, 4], interWeight: [0.5, 2] },
    'fitnet+kd': around('weight', 100),
    'at+kd': around('weight', 1000),
    'sp+kd': around('weight', 3000),
    'rkd+kd': { zip: { distanceWeight: [2, 6, 25, 50], angleWeight: [4, 12, 50, 100] } },
    'pkt+kd': around('weight', 30_000),
    cckd: { beta: [12, 60], sampler: ['cur', 'uniform'] },
    'kd-svd+kd': [{}, { temperature: 2 }, { kdWeight: 3 }, { temperature: 2, kdWeight: 3 }],
    'mhgd+kd': { heads: [4, 8], kdWeight: [0.9, 3] },
    'attention-matching': { beta: [50, 200], kdWeight: [0.9, 3] },
    rtk: { beta: [50, 200], kdWeight: [0.9, 3] },
    vam: { gamma: [1e-3, 1e-2], rescale: ['none', 'blocks'] },
    'afd-offline': around('featureLearningRate', 2e-5),
  },
} satisfies Preset;

export const studyPresets = {
  'study-cifar10': { ...study, dataset: { name: 'cifar10', trainSize: 4421 } },
  /** 1,117 images: 100 classes with eleven images each. */
  'study-cifar100': { ...study, dataset: { name: 'cifar100', trainSize: 1117 } },
} satisfies Record<string, Preset>;

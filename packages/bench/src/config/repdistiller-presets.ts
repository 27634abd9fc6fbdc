import { common, images, sgd, steps } from './preset.js';
import type { Preset } from './preset.js';

/*
 * Papers that train as RepDistiller does: 240 epochs, with the learning rate reduced at epochs 150, 180 and 210.
 */

/** Tian et al., ICLR 2020: the CIFAR-100 settings of RepDistiller, and of many papers since. */
const repdistiller = {
  ...common,
  dataset: { name: 'cifar100' },
  augmentation: images,
  epochs: 240,
  batchSize: 64,
  optimizer: sgd(0.05, 5e-4),
  schedule: steps(240, 150, 180, 210),
} satisfies Preset;

const WIDE = { teacher: 'wrn-40-2', student: 'wrn-16-2' };
const NARROW = { teacher: 'resnet56', student: 'resnet20' };

/** Xue et al.: block size and γ are not known. ShuffleNet needs `optimizer.learningRate=0.01` and a separate run. */
const vam = {
  ...repdistiller,
  pairs: [
    WIDE,
    { teacher: 'wrn-40-2', student: 'wrn-40-1' },
    { teacher: 'wrn-40-2', student: 'resnet20' },
    { teacher: 'resnet50', student: 'resnet18' },
    { teacher: 'resnet50', student: 'vgg8' },
  ],
  methods: ['student', 'student+vam', 'kd', 'vam', 'fitnet', 'fitnet+vam', 'sp', 'sp+vam'],
} satisfies Preset;

/** Ji et al., AAAI 2021: the base of RTK, whose own settings are not known. Rates fall within epochs 150, 180 and 210. */
const rtk = {
  ...repdistiller,
  pairs: [
    WIDE,
    { teacher: 'wrn-28-2', student: 'wrn-16-2' },
    NARROW,
    { teacher: 'resnet110', student: 'resnet20' },
  ],
  methods: [
    'student',
    { name: 'kd', options: { ceWeight: 1, kdWeight: 0.9, temperature: 4 } },
    'attention-matching',
    'rtk',
    'rtk-student-query',
  ],
  schedule: steps(240, 149, 179, 209),
} satisfies Preset;

/** DKD's authors weight the other classes by 2 in narrow pairs (the default), by 6 or 8 in wide ones. */
const BENCHMARK = [
  ...['student', 'kd', 'fitnet', 'at', 'sp', 'rkd', 'pkt', 'dkd', 'dist', 'kd-standardized'],
  { name: 'dkd', as: 'dkd-others-8', options: { othersWeight: 8 } },
];

export const repdistillerPresets = {
  'paper-vam-cifar10': { ...vam, dataset: { name: 'cifar10' } },
  'paper-vam-cifar100': { ...vam, dataset: { name: 'cifar100' } },
  'paper-vam-tinyimagenet': { ...vam, dataset: { name: 'tiny-imagenet' } },
  'paper-rtk-cifar10': { ...rtk, dataset: { name: 'cifar10' } },
  'paper-rtk-cifar100': { ...rtk, dataset: { name: 'cifar100' } },
  'paper-rtk-svhn': { ...rtk, dataset: { name: 'svhn' }, augmentation: { padCrop: 4, flip: false } },
  'paper-rtk-cinic10': { ...rtk, dataset: { name: 'cinic10' } },
  repdistiller: {
    ...repdistiller,
    pairs: [
      NARROW,
      { teacher: 'resnet110', student: 'resnet20' },
      { teacher: 'resnet110', student: 'resnet32' },
      { teacher: 'resnet32x4', student: 'resnet8x4' },
      WIDE,
      { teacher: 'wrn-40-2', student: 'wrn-40-1' },
      { teacher: 'vgg13', student: 'vgg8' },
      { teacher: 'resnet50', student: 'vgg8' },
    ],
    methods: BENCHMARK,
  },
  /** Students of another family than the teacher's train with a fifth of the learning rate; teachers do not. */
  'repdistiller-unlike': {
    ...repdistiller,
    pairs: [
      ['vgg13', 'mobilenetv2-half'],
      ['resnet50', 'mobilenetv2-half'],
      ['resnet32x4', 'shufflenetv1'],
      ['resnet32x4', 'shufflenetv2'],
      ['wrn-40-2', 'shufflenetv1'],
    ].map(([teacher, student]) => ({ teacher: { model: teacher, learningRate: 0.05 }, student })),
    methods: BENCHMARK,
    optimizer: sgd(0.01, 5e-4),
  },
} satisfies Record<string, Preset>;

import type { EpochReport } from '@distilljs/core';
import { createRandom } from '@distilljs/core';
import type { RunConfig } from '../../src/config/index.js';
import { resolveConfig } from '../../src/config/index.js';
import type {
  MethodResult,
  Report,
  RunEnvironment,
  RunFacts,
  TeacherResult,
} from '../../src/report/index.js';
import { buildReport, RESULT_SCHEMA } from '../../src/report/index.js';

/** What a made-up method does. */
export interface FixtureMethod {
  readonly name: string;
  /** Test accuracy by seed. */
  readonly accuracies: readonly number[];
  /** Loss terms at the first epoch, with their weights. */
  readonly terms: Readonly<Record<string, readonly [value: number, weight: number]>>;
  readonly secondsPerEpoch: number;
  readonly extraTrainParameters?: number;
}

/** Seven methods over five seeds as a finished comparison on CIFAR-100 might come out; the numbers are made up. */
export const METHODS: readonly FixtureMethod[] = [
  {
    name: 'student',
    accuracies: [0.6893, 0.6921, 0.6908, 0.6872, 0.6916],
    terms: { ce: [4.1, 1] },
    secondsPerEpoch: 61.2,
  },
  {
    name: 'label-smoothing',
    accuracies: [0.6912, 0.6934, 0.6899, 0.6925, 0.6951],
    terms: { ce: [4.2, 1] },
    secondsPerEpoch: 61.4,
  },
  {
    name: 'kd',
    accuracies: [0.7041, 0.7068, 0.7052, 0.7019, 0.7074],
    terms: { ce: [4.1, 0.1], kd: [21, 0.9] },
    secondsPerEpoch: 84.9,
  },
  {
    name: 'cckd',
    accuracies: [0.7068, 0.7101, 0.7079, 0.7053, 0.7112],
    terms: { ce: [4.1, 0.1], kd: [20, 0.9], cc: [310, 0.02] },
    secondsPerEpoch: 88.3,
    extraTrainParameters: 8320,
  },
  {
    name: 'mhgd',
    accuracies: [0.6981, 0.7047, 0.7012, 0.7003, 0.7059],
    terms: { 'heads/reconstruct': [0.9, 1], 'student/ce': [4.1, 1], 'student/transfer': [1.2, 1] },
    secondsPerEpoch: 131,
    extraTrainParameters: 412_160,
  },
  {
    name: 'rtk',
    accuracies: [0.7083, 0.7066, 0.7121, 0.7048, 0.709],
    terms: { ce: [4.1, 1], kd: [20, 1], match: [0.04, 200] },
    secondsPerEpoch: 97.5,
    extraTrainParameters: 60_928,
  },
  {
    name: 'vam',
    accuracies: [0.7022, 0.7079, 0.7034, 0.7041, 0.7066],
    terms: { ce: [4.1, 0.1], kd: [21, 0.9], entropy: [2.3, -0.01] },
    secondsPerEpoch: 92.1,
    extraTrainParameters: 1248,
  },
];

export const ENVIRONMENT: RunEnvironment = {
  node: 'v20.20.2',
  system: 'Linux 6.1.0 x64',
  processor: 'AMD EPYC 9B14',
  cores: 2,
  memoryGib: 23,
  engine: {
    name: 'node',
    backend: 'tensorflow',
    version: 'tfjs 4.22.0, TensorFlow 2.21.0',
    reproducible: false,
    refused: [{ name: 'node-gpu', reason: 'TensorFlow finds no GPU' }],
  },
  packages: { '@distilljs/core': '0.1.0', '@distilljs/cckd': '0.1.0' },
};

export const TEACHER: TeacherResult = {
  model: 'resnet56',
  testAccuracy: 0.7244,
  validationAccuracy: 0.7198,
  parameters: 861_620,
  macs: 126_000_000,
  source: 'trained',
  epochs: [],
};

export function fixtureConfig(methods: readonly FixtureMethod[], seeds: number, epochs = 60): RunConfig {
  return resolveConfig({
    flags: [
      {
        dataset: { name: 'cifar100', dir: 'data' },
        teacher: { model: 'resnet56' },
        student: { model: 'resnet20' },
        methods: methods.map(({ name }) => name),
        seeds: Array.from({ length: seeds }, (_, seed) => seed),
        epochs,
      },
    ],
  });
}

/** A method that is nothing but its accuracies by seed. */
export function methodOf(name: string, ...accuracies: readonly number[]): FixtureMethod {
  return { name, accuracies, terms: { ce: [4.1, 1] }, secondsPerEpoch: 60 };
}

/** One result per seed, with curves that end near the accuracy asked for. */
export function fixtureResults(
  methods: readonly FixtureMethod[],
  seeds: number,
  epochs = 60,
): MethodResult[] {
  return methods.flatMap((method) =>
    method.accuracies.slice(0, seeds).map((accuracy, seed): MethodResult => {
      const history = fixtureEpochs(method, accuracy, seed, epochs);
      return {
        schema: RESULT_SCHEMA,
        method: method.name,
        options: {},
        seed,
        testAccuracyLast: accuracy,
        testAccuracyBest: accuracy - 0.0012,
        bestEpoch: epochs - 3,
        validationAccuracyBest: accuracy + 0.004,
        epochs: history,
        secondsPerEpoch: method.secondsPerEpoch + seed * 0.1,
        studentParameters: 278_324,
        studentMacs: 40_817_664,
        extraTrainParameters: method.extraTrainParameters ?? 0,
        warnings: [],
      };
    }),
  );
}

export function fixtureReport(methods = METHODS, seeds = 5, facts: RunFacts = {}): Report {
  const results = fixtureResults(methods, seeds);
  return buildReport(fixtureConfig(methods, seeds), ENVIRONMENT, TEACHER, results, facts);
}

function fixtureEpochs(method: FixtureMethod, accuracy: number, seed: number, epochs: number): EpochReport[] {
  const random = createRandom(seed).fork(method.name);
  return Array.from({ length: epochs }, (_, epoch): EpochReport => {
    const progress = (epoch + 1) / epochs;
    const wobble = 0.03 * (1 - progress) * random.normal();
    const reached = accuracy * (1 - 0.75 * Math.exp(-4 * progress)) + wobble;
    const share = 0.25 + 0.75 * Math.exp(-3 * progress) + 0.01 * random.normal();
    return {
      phase: 'train',
      epoch,
      globalEpoch: epoch,
      steps: 703,
      learningRate: { student: 0.05 * (1 + Math.cos(Math.PI * progress)) },
      terms: Object.fromEntries(
        Object.entries(method.terms).map(([name, [value, weight]]) => [
          name,
          { value: value * share, weight },
        ]),
      ),
      trainAccuracy: [reached],
      validation: [{ accuracy: reached, top5: Math.min(1, reached + 0.2), loss: 4 * share, images: 5000 }],
      seconds: method.secondsPerEpoch + seed * 0.1,
    };
  });
}

import { checkOptions, listOf, oneOf, wholeNumber } from '@distilljs/core';
import { modelNames } from '../model/index.js';
import { methodNames } from '../run/method-catalog.js';

/** Settings of `measureSpeed`. */
export interface SpeedSettings {
  /** Zoo network of the student. Default: `resnet20`. */
  readonly model: string;
  /** Zoo network of the teacher. Default: `resnet56`. */
  readonly teacher: string;
  /** Images per step. Default 64. */
  readonly batchSize: number;
  /** Timed steps per method. Default 20. */
  readonly steps: number;
  /** Untimed steps before them. Default: 3. */
  readonly warmup: number;
  /** Names of the catalog. Default: all of them. */
  readonly methods: readonly string[];
  /**
   * Views per image of a cached teacher, whose outputs are all computed before the timed steps; 0 for a teacher that runs in
   * every step. Default: 0.
   */
  readonly cachedViews: number;
  /** Steps of the memory measurement per method; 0 for none. Default: 0. */
  readonly memorySteps: number;
}

const defaults: SpeedSettings = {
  model: 'resnet20',
  teacher: 'resnet56',
  batchSize: 64,
  steps: 20,
  warmup: 3,
  methods: methodNames,
  cachedViews: 0,
  memorySteps: 0,
};

/**
 * The settings with defaults filled in.
 * @throws DistillError code `option` for the first wrong setting
 */
export function speedSettings(given: Partial<SpeedSettings> = {}): SpeedSettings {
  return checkOptions<SpeedSettings>('speed', given, defaults, {
    model: oneOf(...modelNames),
    teacher: oneOf(...modelNames),
    batchSize: wholeNumber({ min: 1, limit: 16_384 }),
    steps: wholeNumber({ min: 1, limit: 100_000 }),
    warmup: wholeNumber({ min: 0, limit: 100_000 }),
    methods: (value) => listOf(oneOf(...methodNames))(value) ?? differing(value as readonly string[]),
    cachedViews: wholeNumber({ min: 0, limit: 1000 }),
    memorySteps: (value) => (value === 0 ? undefined : wholeNumber({ min: 2, limit: 1_000_000 })(value)),
  });
}

function differing(names: readonly string[]): string | undefined {
  return names.length > 0 && new Set(names).size === names.length
    ? undefined
    : 'at least one method, none twice';
}

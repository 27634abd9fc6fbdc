import type { Augmentation } from '@distilljs/core';
import type { PageData, Settings } from './types.js';

/** How a page's networks train, in a configuration's words. */
export interface Recipe {
  readonly batchSize: number;
  readonly optimizer: {
    readonly learningRate: number;
    readonly momentum: number;
    readonly nesterov: boolean;
    readonly weightDecay: number;
  };
  readonly augment: Partial<Augmentation>;
}

const STEP = { momentum: 0.9, nesterov: true, weightDecay: 5e-4 };

/** Those of the bench's presets `quick`, for the sample, and `folder`, for photographs. */
const SAMPLE: Recipe = {
  batchSize: 32,
  optimizer: { learningRate: 0.1, ...STEP },
  augment: { padCrop: 2, flip: true },
};
const PHOTOGRAPHS: Recipe = {
  batchSize: 32,
  optimizer: { learningRate: 0.05, ...STEP },
  augment: { padCrop: 0, flip: true, randomResizedCrop: { scale: [0.35, 1], ratio: [3 / 4, 4 / 3] } },
};

export function recipeOf({ sample }: Pick<PageData, 'sample'>, { rate }: Pick<Settings, 'rate'>): Recipe {
  const recipe = sample === undefined ? PHOTOGRAPHS : SAMPLE;
  const { optimizer } = recipe;
  // To five digits: the configuration is read by people.
  const learningRate = Number((rate * optimizer.learningRate).toPrecision(5));
  return { ...recipe, optimizer: { ...optimizer, learningRate } };
}

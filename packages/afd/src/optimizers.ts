import { adam, expectOption, sgd, stepRate, wholeNumber } from '@distilljs/core';
import type { OptimizerSpec } from '@distilljs/core';
import type { AdversarialOptions } from './options.js';

/**
 * The optimizer of the logit loss in the paper's CIFAR-100 setting, for `distill`'s option `optimizer`: SGD at 0.1, momentum
 * 0.9, L2 1e-4, a tenth at half and at three quarters of the training (epochs 150 and 225 of 300, batch 128).
 *
 * @param epochs of the run. Default 300.
 * @throws DistillError code `option` for what is no whole number above 0
 * @see the public re-implementation; whether the paper uses Nesterov's form is not known, here it does not
 */
export function paperOptimizer(epochs = 300): OptimizerSpec {
  expectOption('paperOptimizer(epochs)', epochs, wholeNumber({ min: 1 }));
  const learningRate = stepRate(0.1, { milestones: [epochs / 2, (epochs * 3) / 4] });
  return sgd({ learningRate, momentum: 0.9, weightDecay: 1e-4 });
}

/**
 * The Adam of the feature losses.
 *
 * @param epochs of the training, to place the milestones
 * @see the public re-implementation's constants: 2e-5, L2 0.1, a tenth at epochs 75 and 150 of 300
 */
export function featureOptimizer(
  {
    featureLearningRate,
    featureWeightDecay,
    featureMilestones,
  }: Pick<AdversarialOptions, 'featureLearningRate' | 'featureWeightDecay' | 'featureMilestones'>,
  epochs: number,
): OptimizerSpec {
  const milestones = featureMilestones.map((share) => share * epochs);
  return adam({
    learningRate: stepRate(featureLearningRate, { milestones }),
    weightDecay: featureWeightDecay,
  });
}

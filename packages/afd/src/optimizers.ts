import { adam, expectOption, sgd, stepRate, wholeNumber } from '@distilljs/core';
import type { OptimizerSpec } from '@distilljs/core';
import type { AdversarialOptions } from './options.js';

/**
 * The optimizer of the logit loss in the paper's CIFAR-100 setting, for `distill`'s option `optimizer`. SGD with
 * momentum 0.9 and weight decay 1e-4. The learning rate 0.1 falls to a tenth at half and again at three quarters of the
 * run (epochs 150 and 225 of 300, batch size 128).
 *
 * @param epochs of the run. Default 300.
 * @throws DistillError code `option` for anything but a whole number above 0
 * @see the public re-implementation; whether the paper uses Nesterov momentum is unknown, this does not
 */
export function paperOptimizer(epochs = 300): OptimizerSpec {
  expectOption('paperOptimizer(epochs)', epochs, wholeNumber({ min: 1 }));
  const learningRate = stepRate(0.1, { milestones: [epochs / 2, (epochs * 3) / 4] });
  return sgd({ learningRate, momentum: 0.9, weightDecay: 1e-4 });
}

/**
 * The Adam optimizer of the feature losses.
 *
 * @param epochs of the run; milestones are shares of it
 * @see the public re-implementation's constants: learning rate 2e-5, a tenth at epochs 75 and 150 of 300, L2 0.1
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

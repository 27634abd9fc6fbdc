import { expectOption, expectRandom, expectSizes, listOf, objectWith, wholeNumber } from '@distilljs/core';
import type { NamedVariables, Random } from '@distilljs/core';
import { attentionAverages, attentionWeights, createAttention, expectAttention } from './attention.js';
import type { Attention } from './attention.js';
import { createEstimator, estimatorWeights, expectEstimator } from './estimator.js';
import type { Estimator } from './estimator.js';

/** Connects two neighbouring taps: heads that relate their vectors, and the estimator that trains the heads. */
export interface AttentionModule {
  readonly attention: Attention;
  readonly estimator: Estimator;
}

/**
 * One module for each pair of neighbours in a list of channel counts, from front to back.
 *
 * @throws DistillError code `option`
 */
export function createModules(heads: number, channels: readonly number[], random: Random): AttentionModule[] {
  expectSizes('createModules', { heads });
  expectOption('createModules(channels)', channels, listOf(wholeNumber({ min: 1 }), 2));
  expectRandom('createModules(random)', random);
  return channels.slice(1).map((back, index) => {
    const front = channels[index] ?? back;
    const stream = random.fork(`module-${index}`);
    return {
      attention: createAttention(heads, front, back, stream.fork('attention')),
      estimator: createEstimator(heads, front, back, stream.fork('estimator')),
    };
  });
}

/**
 * Variables of all modules by name: weights, scales and offsets of heads and estimators, which phase `heads` trains.
 *
 * @throws DistillError code `option` or `shape` for values that are not modules
 */
export function moduleWeights(modules: readonly AttentionModule[]): NamedVariables {
  expectOption('moduleWeights(modules)', modules, listOf(objectWith('attention', 'estimator'), 1));
  modules.forEach(({ attention, estimator }, index) => {
    expectAttention(`moduleWeights(modules)[${index}].attention`, attention);
    expectEstimator(`moduleWeights(modules)[${index}].estimator`, estimator);
  });
  return named(modules, ({ attention, estimator }, name) => ({
    ...attentionWeights(name, attention),
    ...estimatorWeights(`${name}/estimator`, estimator),
  }));
}

/** The moving averages that phase `heads` updates, by name. */
export function moduleAverages(modules: readonly AttentionModule[]): NamedVariables {
  return named(modules, ({ attention }, name) => attentionAverages(name, attention));
}

function named(
  modules: readonly AttentionModule[],
  variables: (module: AttentionModule, name: string) => NamedVariables,
): NamedVariables {
  const all = modules.map((module, index) => variables(module, `module${index + 1}`));
  return Object.assign({}, ...all) as NamedVariables;
}

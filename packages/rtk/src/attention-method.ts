import * as tf from '@tensorflow/tfjs-core';
import { checkOptions, crossEntropy, DistillError, hintonKd } from '@distilljs/core';
import type { LossTerms, Method, MethodFactory, Plan, PlanContext, Step } from '@distilljs/core';
import { attentionWeights, createAttentionWeights } from './attention/index.js';
import { attentionCost } from './attention-cost.js';
import { layerPair, mapsOfStep } from './layer-pair.js';
import { matchExhibits } from './look/index.js';
import { attentionLoss, matchLayers } from './match/index.js';
import { attentionChecks } from './options.js';
import type { AttentionOptions } from './options.js';

/**
 * A method of this package: one implementation, named and with defaults.
 *
 * Not `defineMethod`: the taps that `auto` stands for are known only once the networks are.
 */
export function attentionMethod(name: string, defaults: AttentionOptions): MethodFactory<AttentionOptions> {
  const create = (given: Partial<AttentionOptions> = {}): Method<AttentionOptions> => {
    const options = checkOptions(name, given, defaults, attentionChecks);
    return { spec: 'v1', name, options, plan: (context) => planAttention(name, options, context) };
  };
  return Object.assign(create, { methodName: name, defaults });
}

function planAttention(name: string, options: AttentionOptions, context: PlanContext): Plan {
  const { student, teacher, optimizer, epochs, random } = context;
  expectBatches(name, context.batchSize);
  const pair = layerPair(name, options, { teacher, student });
  const auxiliary = createAttentionWeights(pair.attention, random.fork('attention'));
  const weights = attentionWeights(pair.attention, auxiliary);
  const tapNames = (layers: readonly { readonly name: string }[]): string[] =>
    layers.map((layer) => layer.name);
  const match = (step: Step): ReturnType<typeof matchLayers> => {
    const maps = mapsOfStep(pair, step);
    return matchLayers(maps.teacher, maps.student, weights, pair.matching);
  };
  const terms = (step: Step): LossTerms => ({
    ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
    ...(options.alpha > 0 && {
      kd: {
        value: hintonKd(step.teacher.logits, step.student.logits, options.temperature),
        weight: options.alpha,
      },
    }),
    attention: { value: attentionLoss(match(step)), weight: options.beta },
  });
  const variables = { ...student.variables, ...auxiliary };
  return {
    auxiliary,
    cost: attentionCost(pair),
    phases: [
      {
        name: 'train',
        epochs,
        reads: { students: [tapNames(pair.student)], teacher: tapNames(pair.teacher) },
        updates: [{ name: 'student', variables, optimizer, terms }],
        inspect: (step) => matchExhibits(match(step), pair),
      },
    ],
    dispose() {
      tf.dispose(Object.values(auxiliary));
    },
  };
}

function expectBatches(name: string, batchSize: number): void {
  if (batchSize >= 2) return;
  throw new DistillError({
    code: 'option',
    where: 'batchSize',
    expected: `at least 2 for ${name}, whose attention normalises by its batch`,
    got: String(batchSize),
    hint: 'Take 16 or more.',
  });
}

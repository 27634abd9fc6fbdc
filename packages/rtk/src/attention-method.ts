import * as tf from '@tensorflow/tfjs-core';
import { defineMethod, DistillError, taskTerms, withTeacher } from '@distilljs/core';
import type { LossTerms, MethodFactory, Plan, Step, TaughtContext } from '@distilljs/core';
import { attentionWeights, createAttentionWeights } from './attention/index.js';
import { attentionCost } from './attention-cost.js';
import { layerPair, mapsOfStep } from './layer-pair.js';
import { matchExhibits } from './match-exhibits.js';
import { attentionLoss, matchLayers } from './match-layers.js';
import { attentionChecks } from './options.js';
import type { AttentionOptions } from './options.js';

/** A method of this package: one implementation, named and with defaults. */
export function attentionMethod(name: string, defaults: AttentionOptions): MethodFactory<AttentionOptions> {
  return defineMethod({
    name,
    defaults,
    check: attentionChecks,
    plan: (context, options) => planAttention(name, options, withTeacher(name, context)),
  });
}

function planAttention(name: string, options: AttentionOptions, context: TaughtContext): Plan {
  const { teacher, optimizer, epochs, random } = context;
  const [student] = context.students;
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
    ...taskTerms(step, options),
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

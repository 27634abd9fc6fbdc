import * as tf from '@tensorflow/tfjs-core';
import { defineMethod, DistillError, taskReads, taskTerms, withTeacher } from '@distilljs/core';
import type { EpochReport, LossTerms, MethodFactory, Plan, Step, TaughtContext } from '@distilljs/core';
import { attentionWeights, createAttentionWeights } from './attention/index.js';
import { attentionCost } from './attention-cost.js';
import { layerPair, mapsOfStep, teacherSummaries } from './layer-pair.js';
import { matchExhibits } from './match-exhibits.js';
import { attentionLoss, matchLayers, stageAgreement } from './match-layers.js';
import { attentionChecks } from './options.js';
import type { AttentionOptions } from './options.js';

/** A method of this package: the shared implementation under a name and with defaults. */
export function attentionMethod(name: string, defaults: AttentionOptions): MethodFactory<AttentionOptions> {
  return defineMethod({
    name,
    repeatable: true,
    defaults,
    check: attentionChecks,
    weights: ['ceWeight', 'kdWeight', 'beta'],
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
  // With one student map, or one stage, there is nothing to agree on.
  const mayCollapse =
    options.direction === 'student-query' && pair.student.length > 1 && pair.matching.runs.length > 1;
  const terms = (step: Step): LossTerms => {
    const matched = match(step);
    return {
      ...taskTerms(step, options),
      attention: { value: attentionLoss(matched), weight: options.beta },
      ...(mayCollapse && {
        agreement: { value: stageAgreement(matched.attention, pair.matching.runs), weight: 0 },
      }),
    };
  };
  const variables = { ...student.variables, ...auxiliary };
  return {
    auxiliary,
    cost: attentionCost(pair),
    phases: [
      {
        name: 'train',
        epochs,
        reads: {
          students: [tapNames(pair.student)],
          teacher: tapNames(pair.teacher),
          condense: teacherSummaries(pair),
          ...taskReads(options),
        },
        updates: [{ name: 'student', variables, optimizer, terms }],
        inspect: (step) => matchExhibits(match(step), pair),
      },
    ],
    ...(mayCollapse && { review: reviewAgreement }),
    dispose() {
      tf.dispose(Object.values(auxiliary));
    },
  };
}

/** Attention has collapsed onto one stage when its share stays above this for {@link COLLAPSED_EPOCHS} epochs. */
const COLLAPSED = 0.9;
const COLLAPSED_EPOCHS = 3;

/** Warns when all student maps attend to one and the same stage of the teacher. @param history epoch reports of a run */
export function reviewAgreement(history: readonly EpochReport[]): readonly string[] {
  const recent = history.slice(-COLLAPSED_EPOCHS);
  const shares = recent.map(({ terms }) => terms['agreement']?.value ?? NaN);
  if (recent.length < COLLAPSED_EPOCHS || !shares.every((share) => share > COLLAPSED)) return [];
  return [
    `All student maps give one stage of the teacher more than ${100 * COLLAPSED} % of their attention: whatever they are compared with is close to what they have, and they learn little from it. Use direction 'teacher-query'.`,
  ];
}

function expectBatches(name: string, batchSize: number): void {
  if (batchSize >= 2) return;
  throw new DistillError({
    code: 'option',
    where: 'batchSize',
    expected: `at least 2 for ${name}, whose attention normalizes by its batch`,
    got: String(batchSize),
    hint: 'Use 16 or more.',
  });
}

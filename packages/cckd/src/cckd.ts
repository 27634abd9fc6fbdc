import {
  defineMethod,
  eitherOf,
  expectSeveralImages,
  nonNegative,
  oneOf,
  taskReads,
  taskTerms,
  text,
  wholeNumber,
  withoutTape,
  withTeacher,
  temperatureRange,
} from '@distilljs/core';
import type { LossTerms, Step, Term } from '@distilljs/core';
import { auxiliaryCost, createHeads, embeddingWidths, studentEmbedding, teacherEmbedding } from './heads.js';
import type { Heads } from './heads.js';
import { correlationChecks, correlationMatrix, expectVisibleKernel } from './kernels.js';
import { correlationCongruence, mimic, reverseKd } from './losses.js';
import { practicalPreset } from './options.js';
import type { CckdOptions } from './options.js';
import { planSampler } from './plan-sampler.js';

/**
 * Correlation Congruence for Knowledge Distillation: besides each image's logits (or embedding), the student learns the
 * kernel value of every pair of images in a batch.
 *
 * `L = ceWeight · L_CE + kdWeight · L_instance + beta · L_CC`, logged as `ce`, `kd` or `mimic`, and `cc`; a term of
 * weight 0 is left out. The paper's α corresponds to `ceWeight = α`, `kdWeight = 1 − α`.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range. When planned, also `tap` or
 *   `shape` for taps that do not exist or are not embeddings, and `option` for batches that cannot be split into
 *   (super)classes
 * @see Peng et al., Correlation Congruence for Knowledge Distillation, ICCV 2019 (arXiv 1904.01802), Eq. 7
 */
export const cckd = defineMethod<CckdOptions, Heads>({
  name: 'cckd',
  repeatable: true,
  defaults: practicalPreset,
  check: {
    ceWeight: nonNegative,
    kdWeight: nonNegative,
    beta: nonNegative,
    reduction: oneOf('mean', 'sum'),
    ...correlationChecks,
    temperature: temperatureRange,
    instance: oneOf('kd', 'kd-reverse', 'mimic'),
    studentTap: text,
    teacherTap: text,
    embeddingWidth: eitherOf(oneOf('none'), wholeNumber({ min: 1, max: 65_536 })),
    sampler: oneOf('cur', 'sur', 'uniform'),
    perClass: eitherOf(oneOf('auto'), wholeNumber({ min: 1 })),
    superclasses: eitherOf(oneOf('auto'), wholeNumber({ min: 2 })),
  },
  weights: ['ceWeight', 'kdWeight', 'beta'],
  validate(options) {
    if (options.beta > 0) expectVisibleKernel(options);
  },
  reads: (options) => ({
    student: readsEmbeddings(options) ? [options.studentTap] : [],
    teacher: readsEmbeddings(options) ? [options.teacherTap] : options.kdWeight > 0 ? [] : undefined,
    ...taskReads(options),
    // This sampler draws images by class.
    ...(options.sampler === 'cur' && options.ceWeight > 0 && { labels: true }),
  }),
  prepare: async (context, options) => {
    if (options.beta > 0) expectSeveralImages('cckd', context.batchSize);
    // Checked before the sampler runs the teacher over the training set, which takes long.
    const widths = readsEmbeddings(options)
      ? embeddingWidths(withTeacher('cckd', context), options)
      : undefined;
    const sampler = await planSampler(context, options);
    if (widths === undefined) return { state: {}, sampler };
    const heads = createHeads(context.random, options.embeddingWidth, widths);
    return { ...heads, sampler, cost: auxiliaryCost(options, widths, context.batchSize) };
  },
  loss: (step, options, heads) => ({
    ...(options.instance === 'kd'
      ? taskTerms(step, options)
      : { ...taskTerms(step, { ...options, kdWeight: 0 }), ...instanceTerm(step, options, heads) }),
    ...(options.beta > 0 && { cc: congruenceTerm(step, options, heads) }),
  }),
});

function readsEmbeddings({ kdWeight, beta, instance }: CckdOptions): boolean {
  return beta > 0 || (instance === 'mimic' && kdWeight > 0);
}

/** The instance terms other than Hinton's. */
function instanceTerm(step: Step, options: CckdOptions, heads: Heads): LossTerms {
  const weight = options.kdWeight;
  if (weight === 0) return {};
  if (options.instance === 'mimic') {
    const [teacher, student] = [
      teacherEmbedding(step, options, heads),
      studentEmbedding(step, options, heads),
    ];
    const value = mimic(teacher, student, step.weights);
    return { mimic: { value, weight } };
  }
  const value = reverseKd(step.teacher.logits, step.student.logits, options.temperature, step.weights);
  return { kd: { value, weight } };
}

function congruenceTerm(step: Step, options: CckdOptions, heads: Heads): Term {
  const teacher = withoutTape(() => correlationMatrix(teacherEmbedding(step, options, heads), options));
  const student = correlationMatrix(studentEmbedding(step, options, heads), options);
  return { value: correlationCongruence(teacher, student, options.reduction), weight: options.beta };
}

import { z } from 'zod';
import {
  belowOne,
  flag,
  foreign,
  list,
  mapping,
  namedByDefault,
  nonNegative,
  positive,
  share,
  variantWords,
  withHint,
} from './fields.js';

/** Both optimizers use coupled L2 weight decay. */
export const optimizer = namedByDefault(
  'sgd',
  z.discriminatedUnion(
    'name',
    [
      mapping({
        name: z.literal('sgd'),
        learningRate: positive().default(0.05),
        momentum: belowOne().default(0.9),
        weightDecay: nonNegative().default(5e-4),
        nesterov: flag().default(false),
      }).refine(({ nesterov, momentum }) => !nesterov || momentum > 0, {
        path: ['momentum'],
        error: 'a number above 0 with nesterov',
      }),
      mapping({
        name: z.literal('adam'),
        learningRate: positive().default(0.001),
        momentum: foreign(0, 'adam', 'sgd'),
        weightDecay: nonNegative().default(0),
        nesterov: foreign(false, 'adam', 'sgd'),
      }),
    ],
    {
      error: variantWords('an optimizer', 'a mapping with name, learningRate, …'),
    },
  ),
);

function noMilestones(name: string): z.ZodDefault<z.ZodArray<z.ZodNumber>> {
  const error = withHint(`nothing with ${name}`, 'It belongs to step.');
  return z.array(z.number({ error }), { error }).max(0, { error }).default([]);
}
/** Epochs over which the learning rate rises. */
const warmupEpochs = nonNegative().default(0);

export const schedule = namedByDefault(
  'cosine',
  z.discriminatedUnion(
    'name',
    [
      mapping({
        name: z.literal('cosine'),
        warmupEpochs,
        milestones: noMilestones('cosine'),
        factor: foreign(1, 'cosine', 'step'),
      }),
      mapping({
        name: z.literal('step'),
        warmupEpochs,
        /** Fractions of the run's epochs. */
        milestones: list(share(), 1)
          .superRefine((milestones, context) => {
            milestones.forEach((share, place) => {
              if (share > (milestones[place - 1] ?? 0)) return;
              const message = 'a share above the one before it';
              context.addIssue({ code: 'custom', path: [place], message });
            });
          })
          .default([0.625, 0.75, 0.875]),
        /** Multiplies the learning rate at each milestone. */
        factor: positive().default(0.1),
      }),
      mapping({
        name: z.literal('constant'),
        warmupEpochs: foreign(0, 'constant', 'cosine and step'),
        milestones: noMilestones('constant'),
        factor: foreign(1, 'constant', 'step'),
      }),
    ],
    {
      error: variantWords('a schedule', 'a mapping with name, warmupEpochs, …'),
    },
  ),
);

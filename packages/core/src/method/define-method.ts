import type { BatchSampler } from '../data/index.js';
import type { NamedVariables } from '../tensor/index.js';
import { checkOptions } from '../option/index.js';
import type { OptionChecks } from '../option/index.js';
import type { AuxiliaryCost, Exhibit, LossTerms, Method, Plan, PlanContext, Step } from './contract.js';

/** A technique of the common kind: one phase, one update, the student and perhaps some variables of its own. */
export interface MethodDefinition<Options extends object, State> {
  readonly name: string;
  /** Every option with its default. */
  readonly defaults: Options;
  /** One check per option. */
  readonly check: OptionChecks<Options>;
  /** Checks that concern several options; throws a DistillError. */
  readonly validate?: (options: Readonly<Options>) => void;
  /** Taps that the loss reads. `teacher` left out: the teacher is not needed and does not run. */
  readonly reads: (options: Readonly<Options>) => {
    readonly student: readonly string[];
    readonly teacher?: readonly string[] | undefined;
  };
  /** Makes what the loss needs besides the networks: heads, clusters, constants. */
  readonly prepare?: (
    context: PlanContext,
    options: Readonly<Options>,
  ) => Prepared<State> | Promise<Prepared<State>>;
  /** The terms of one step. Pure: makes no variable, reads no tensor data but by {@link peek}. */
  readonly loss: (step: Step, options: Readonly<Options>, state: State) => LossTerms;
  /** What there is to see on a batch, as `Phase.inspect` says. */
  readonly inspect?: (
    step: Step,
    options: Readonly<Options>,
    state: State,
  ) => Readonly<Record<string, Exhibit>>;
}

/** What {@link MethodDefinition.prepare} hands to the loss and to the trainer. */
export interface Prepared<State> {
  readonly state: State;
  /** Trained together with the student, by the same optimizer. */
  readonly variables?: NamedVariables | undefined;
  /** Default: full batches without replacement. */
  readonly sampler?: BatchSampler | undefined;
  readonly cost?: AuxiliaryCost | undefined;
  readonly finish?: (() => void) | undefined;
  readonly dispose?: (() => void) | undefined;
}

/** Makes a {@link Method} of some options; the defaults fill in the rest. */
export type MethodFactory<Options extends object> = ((options?: Partial<Options>) => Method<Options>) & {
  readonly methodName: string;
  readonly defaults: Readonly<Options>;
};

/** A method that adds nothing to the student. */
export const NO_COST: AuxiliaryCost = {
  trainParameters: 0,
  trainMacs: 0,
  inferenceParameters: 0,
  inferenceMacs: 0,
};

/**
 * The short way to write a technique: options, taps and a loss. For several phases, optimizers or cohorts, implement
 * {@link Method} itself.
 *
 * ```ts
 * export const fitnet = defineMethod<FitnetOptions, undefined>({
 *   name: 'fitnet',
 *   defaults: { weight: 1, tap: 'stage2' },
 *   check: { weight: nonNegative, tap: text },
 *   reads: ({ tap }) => ({ student: [tap], teacher: [tap] }),
 *   loss: (step, { weight, tap }) => ({
 *     ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
 *     hint: { value: tf.losses.meanSquaredError(step.teacher.tap(tap), step.student.tap(tap)), weight },
 *   }),
 * });
 * ```
 *
 * The factory throws a DistillError (code `option`) for options that do not exist or are out of range.
 */
export function defineMethod<Options extends object, State = undefined>(
  definition: MethodDefinition<Options, State>,
): MethodFactory<Options> {
  const factory = (given: Partial<Options> = {}): Method<Options> => {
    const options = checkOptions(definition.name, given, definition.defaults, definition.check);
    definition.validate?.(options);
    return {
      spec: 'v1',
      name: definition.name,
      options,
      plan: (context) => planOf(definition, options, context),
    };
  };
  return Object.assign(factory, {
    methodName: definition.name,
    defaults: Object.freeze({ ...definition.defaults }),
  });
}

async function planOf<Options extends object, State>(
  definition: MethodDefinition<Options, State>,
  options: Readonly<Options>,
  context: PlanContext,
): Promise<Plan> {
  const reads = definition.reads(options);
  // Wrong tap names are found now, not in the first step.
  reads.student.forEach((tap) => context.student.tapShape(tap));
  if (reads.teacher !== undefined) {
    const { teacher } = context;
    reads.teacher.forEach((tap) => teacher.tapShape(tap));
  }

  const prepared = await definition.prepare?.(context, options);
  const state = prepared?.state as State;
  const auxiliary = prepared?.variables ?? {};
  const { inspect } = definition;
  return {
    auxiliary,
    cost: prepared?.cost ?? NO_COST,
    phases: [
      {
        name: 'train',
        epochs: context.epochs,
        sampler: prepared?.sampler,
        reads: { students: [reads.student], teacher: reads.teacher },
        ...(inspect === undefined ? {} : { inspect: (step) => inspect(step, options, state) }),
        updates: [
          {
            name: 'student',
            variables: { ...context.student.variables, ...auxiliary },
            optimizer: context.optimizer,
            terms: (step) => definition.loss(step, options, state),
          },
        ],
      },
    ],
    finish: () => prepared?.finish?.(),
    dispose: () => prepared?.dispose?.(),
  };
}

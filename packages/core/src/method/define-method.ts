import type { BatchSampler } from '../data/index.js';
import { describeValue, DistillError } from '../error/index.js';
import type { FrozenNetwork } from '../network/contract.js';
import type { NamedVariables } from '../tensor/index.js';
import { checkOptions, expectKnown, expectOption, listOf, text } from '../option/index.js';
import type { OptionChecks } from '../option/index.js';
import type {
  AuxiliaryCost,
  Exhibit,
  LossTerms,
  Method,
  Plan,
  PlanContext,
  Reads,
  Step,
} from './contract.js';

/** The fields that every method definition has. */
interface Definition<Options extends object> {
  readonly name: string;
  /** Every option with its default. */
  readonly defaults: Options;
  /** One check per option. */
  readonly check: OptionChecks<Options>;
  /** See `Method.repeatable`. */
  readonly repeatable?: boolean | undefined;
  /** Weights of which one at least must be above 0, perhaps by options: otherwise nothing would be trained. */
  readonly weights?:
    WeightNames<Options> | ((options: Readonly<Options>) => WeightNames<Options>) | undefined;
  /** Checks that concern several options; throws a DistillError. */
  readonly validate?: (options: Readonly<Options>) => void;
}

type WeightNames<Options> = readonly (keyof Options & string)[];

/** A technique with several phases, optimizers or students, which builds its own plan. */
export interface PlannedMethod<Options extends object> extends Definition<Options> {
  readonly plan: (context: PlanContext, options: Readonly<Options>) => Plan | Promise<Plan>;
}

/**
 * A technique of the common kind: one phase and one update, of one student and perhaps some auxiliary
 * variables.
 */
export interface LossMethod<Options extends object, State> extends Definition<Options> {
  /**
   * Taps that the loss reads, and the other fields of `Reads`. Without `teacher`, the teacher is not needed or
   * run.
   */
  readonly reads: (
    options: Readonly<Options>,
    context: PlanContext,
  ) => Omit<Reads, 'students'> & { readonly student: readonly string[] };
  /** Makes what the loss needs besides the networks: heads, clusters, constants. */
  readonly prepare?: (
    context: PlanContext,
    options: Readonly<Options>,
  ) => Prepared<State> | Promise<Prepared<State>>;
  /** The terms of one step. Pure: makes no variable, reads tensor data only through {@link peek}. */
  readonly loss: (step: Step, options: Readonly<Options>, state: State) => LossTerms;
  /** What to show on a batch; see {@link Phase.inspect}. */
  readonly inspect?: (
    step: Step,
    options: Readonly<Options>,
    state: State,
  ) => Readonly<Record<string, Exhibit>>;
}

/** What {@link LossMethod.prepare} hands to the loss and to the trainer. */
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

/** Makes a {@link Method} from options; the defaults fill in the rest. */
export type MethodFactory<Options extends object> = ((options?: Partial<Options>) => Method<Options>) & {
  readonly methodName: string;
  readonly defaults: Readonly<Options>;
};

/** The cost of a method that adds nothing to the student. */
export const NO_COST: AuxiliaryCost = {
  trainParameters: 0,
  trainMacs: 0,
  inferenceParameters: 0,
  inferenceMacs: 0,
};

/** The context of a run that has a teacher. */
export interface TaughtContext extends PlanContext {
  readonly teacher: FrozenNetwork;
}

/**
 * Returns the context, typed with a teacher that is known to exist.
 *
 * @param method name of the technique that needs it
 * @throws DistillError code `option` in a run without a teacher
 */
export function withTeacher(method: string, context: PlanContext): TaughtContext {
  const { teacher } = context;
  if (teacher === undefined) throw missingTeacher(method);
  return { ...context, teacher };
}

export const missingTeacher = (method: string): DistillError =>
  new DistillError({
    code: 'option',
    where: `method '${method}'`,
    expected: 'a teacher',
    got: 'none',
    hint: 'Pass `teacher` to distill().',
  });

/** @throws DistillError code `option` where all these weights are 0 */
function expectSomeWeight<Options extends object>(
  method: string,
  options: Options,
  weights: WeightNames<Options>,
): void {
  if (weights.length === 0 || weights.some((name) => options[name] !== 0)) return;
  throw new DistillError({
    code: 'option',
    where: method,
    expected: `${weights.join(' or ')} above 0`,
    got: weights.length === 2 ? 'both 0' : 'all 0',
  });
}

/**
 * Defines a method. Most methods consist of options, taps and a loss:
 *
 * ```ts
 * export const fitnet = defineMethod<FitnetOptions>({
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
 * A technique with several phases, optimizers or students provides `plan: (context, options) => Plan` instead
 * of `reads` and `loss`.
 *
 * @throws DistillError code `option` for an incomplete definition; the factory throws it for options that do
 *   not exist or are out of range
 */
export function defineMethod<Options extends object, State = undefined>(
  definition: LossMethod<Options, State> | PlannedMethod<Options>,
): MethodFactory<Options> {
  expectDefinition(definition);
  const { name, defaults, check, weights = [], validate, repeatable } = definition;
  const factory = (given: Partial<Options> = {}): Method<Options> => {
    const options = checkOptions(name, given, defaults, check);
    expectSomeWeight(name, options, typeof weights === 'function' ? weights(options) : weights);
    validate?.(options);
    return {
      spec: 'v1',
      name,
      options,
      ...(repeatable === true && { repeatable }),
      plan: (context) =>
        'plan' in definition ? definition.plan(context, options) : planOf(definition, options, context),
    };
  };
  return Object.assign(factory, { methodName: name, defaults: Object.freeze({ ...defaults }) });
}

function expectDefinition(given: unknown): void {
  const definition = Object(given) as Readonly<Record<string, unknown>>;
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  const needed = 'plan' in definition ? ['plan'] : ['reads', 'loss'];
  const wrong =
    text(definition['name']) !== undefined
      ? 'name'
      : (['defaults', 'check'].find((field) => !isObject(definition[field])) ??
        needed.find((field) => typeof definition[field] !== 'function'));
  // A misspelt `validate` would check nothing.
  if (wrong === undefined) {
    expectKnown('defineMethod', definition, FIELDS);
    return;
  }
  throw new DistillError({
    code: 'option',
    where: `defineMethod, ${wrong}`,
    expected: 'a name, defaults, check, and either plan or reads and loss',
    got: describeValue(definition[wrong]),
  });
}

const FIELDS = 'name defaults check repeatable weights validate plan reads prepare loss inspect'.split(' ');

async function planOf<Options extends object, State>(
  definition: LossMethod<Options, State>,
  options: Readonly<Options>,
  context: PlanContext,
): Promise<Plan> {
  const [student] = context.students;
  const read = definition.reads(options, context);
  const where = `method '${definition.name}', reads`;
  expectKnown(where, read, ['student', 'teacher', 'condense', 'labels', 'weights']);
  const { student: taps, ...reads } = read;
  for (const [name, list] of Object.entries({ student: taps, teacher: reads.teacher ?? [] }))
    expectOption(`${where}.${name}`, list, listOf(text));
  // Wrong tap names must fail now, not in the first step.
  taps.forEach((tap) => student.tapShape(tap));
  if (reads.teacher !== undefined) {
    const { teacher } = withTeacher(definition.name, context);
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
        reads: { ...reads, students: [taps] },
        ...(inspect === undefined ? {} : { inspect: (step) => inspect(step, options, state) }),
        updates: [
          {
            name: 'student',
            variables: { ...student.variables, ...auxiliary },
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

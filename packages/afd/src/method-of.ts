import { checkOptions } from '@distilljs/core';
import type { Method, MethodFactory, OptionChecks, Plan, PlanContext } from '@distilljs/core';

/** A technique of several networks or optimizers: more than core's `defineMethod` writes. */
export interface LongMethod<Options extends object> {
  readonly name: string;
  readonly defaults: Readonly<Options>;
  readonly check: OptionChecks<Options>;
  readonly plan: (context: PlanContext, options: Readonly<Options>) => Plan;
}

/** The factory of such a method: options are checked when it is called. */
export function methodOf<Options extends object>(definition: LongMethod<Options>): MethodFactory<Options> {
  const { name, defaults, check } = definition;
  const factory = (given: Partial<Options> = {}): Method<Options> => {
    const options = checkOptions<Options>(name, given, defaults, check);
    return { spec: 'v1', name, options, plan: (context) => definition.plan(context, options) };
  };
  return Object.assign(factory, { methodName: name, defaults });
}

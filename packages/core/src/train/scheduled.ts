import type { NamedVariables } from '../tensor/index.js';
import type { Optimizer, OptimizerSpec } from './optimizer.js';
import { asSchedule } from './schedule.js';
import type { Schedule } from './schedule.js';

/** What every optimizer's options have. */
interface ScheduledOptions {
  readonly learningRate: number | Schedule;
  readonly noDecay: readonly string[];
}

/** The specification of an optimizer with checked options: its rate a schedule, shown as plain data; `noDecay` the user's and the method's. */
export function scheduled<O extends ScheduledOptions>(
  name: string,
  options: O,
  create: (variables: NamedVariables, options: O, schedule: Schedule) => Optimizer,
): OptimizerSpec {
  const schedule = asSchedule(options.learningRate);
  return {
    name,
    options: { ...(options as object), learningRate: { schedule: schedule.name, ...schedule.options } },
    create: (variables, also) =>
      create(variables, { ...options, noDecay: [...options.noDecay, ...(also?.noDecay ?? [])] }, schedule),
  };
}

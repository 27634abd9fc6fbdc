import { adam, constantRate, cosineRate, sgd, stepRate } from '@distilljs/core';
import type { OptimizerSpec, Schedule } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';

/** The configured optimizer with the configured schedule around a base rate. */
export function optimizerOf(config: RunConfig, learningRate: number, epochs: number): OptimizerSpec {
  const schedule = scheduleOf(config, learningRate, epochs);
  const { name, weightDecay, momentum, nesterov } = config.optimizer;
  if (name === 'adam') return adam({ learningRate: schedule, weightDecay });
  return sgd({ learningRate: schedule, momentum, nesterov, weightDecay });
}

/** Milestones are shares of the run's epochs, so that one configuration fits any length. */
function scheduleOf({ schedule }: RunConfig, base: number, epochs: number): Schedule {
  const { warmupEpochs } = schedule;
  if (schedule.name === 'constant') return constantRate(base);
  if (schedule.name === 'cosine') return cosineRate(base, { warmupEpochs });
  const milestones = schedule.milestones.map((share) => share * epochs);
  return stepRate(base, { milestones, factor: schedule.factor, warmupEpochs });
}

import { repeating } from '../engine/graph/index.js';
import { readOrRefuse } from '../error/first-line.js';
import { DistillError } from '../error/index.js';
import type { Update } from '../method/index.js';
import { trainEpoch } from './epoch.js';
import type { Optimizer } from './optimizer.js';
import { freeResumed, resumeOptimizer } from './resume.js';
import type { Run, RunPhase, TrainingState, Watchers } from './state.js';
import { endStoppedPhase, isOver, isStopping } from './stop.js';

const PARTS = ['apply', 'learningRate', 'state', 'restore', 'dispose'] as const;

/** The optimizer of an update, which a user's code may make. @throws DistillError code `contract` */
function optimizerOf({ name, optimizer, variables }: Update): Optimizer {
  const where = `optimizer '${optimizer.name}' of update '${name}', create()`;
  const fields = { code: 'contract', where, expected: `an object with ${PARTS.join(', ')}` } as const;
  const made = readOrRefuse(fields, () => optimizer.create(variables));
  const missing = PARTS.filter((part) => typeof (Object(made) as Partial<Optimizer>)[part] !== 'function');
  if (missing.length > 0) throw new DistillError({ ...fields, got: `one without ${missing.join(', ')}` });
  return made;
}

/** Runs the rest of the current phase, unless it is stopped. Optimizers live as long as their phase. */
export async function trainPhase(run: Run, state: TrainingState, watchers: Watchers): Promise<void> {
  const { phase } = run.phases[state.position.phase] as RunPhase;
  state.optimizers = new Map(phase.updates.map((update) => [update.name, optimizerOf(update)]));
  state.repeaters = new Map([['sums', repeating()]]);
  try {
    for (const [name, optimizer] of state.optimizers) resumeOptimizer(state, name, optimizer);
    freeResumed(state);
    if (state.position.epoch === 0 && state.position.step === 0) phase.start?.();
    while (state.position.epoch < phase.epochs && !isStopping(state)) await trainEpoch(run, state, watchers);
    endStoppedPhase(run, state);
    if (!isOver(state) || state.position.epoch >= phase.epochs)
      state.position = { phase: state.position.phase + 1, epoch: 0, step: 0 };
  } finally {
    for (const optimizer of state.optimizers.values()) optimizer.dispose();
    state.optimizers = new Map();
  }
}

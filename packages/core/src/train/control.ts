import { expectKnown } from '../option/index.js';
import type { Callback, PlannedPhase, RunControl } from './callback.js';
import { callbackFault } from './callback.js';
import { inspectPhase } from './inspect.js';
import { takeSnapshot } from './resume.js';
import type { Run, RunPhase, TrainingState } from './state.js';
import { requestStop } from './stop.js';

/** Makes the {@link RunControl} that callbacks receive. */
export function controlOf(run: Run, state: TrainingState, callbacks: readonly Callback[]): RunControl {
  const stepsBefore = (phase: number): number =>
    run.phases
      .slice(0, phase)
      .reduce((sum, { phase: { epochs }, sampler }) => sum + epochs * sampler.stepsPerEpoch, 0);
  // After the end of the run, the last phase stays the current one.
  const current = (): RunPhase =>
    run.phases[Math.min(state.position.phase, run.phases.length - 1)] as RunPhase;
  return {
    method: run.method.name,
    seed: run.seed,
    get history() {
      return state.history;
    },
    get done() {
      const { phase, epoch, step } = state.position;
      return stepsBefore(phase) + epoch * (run.phases[phase]?.sampler.stepsPerEpoch ?? 0) + step;
    },
    total: stepsBefore(run.phases.length),
    phases: run.phases.map((each) => planned(run, each)),
    get phase() {
      const { phase, trainsStudents } = current();
      return { name: phase.name, epochs: phase.epochs, trainsStudents };
    },
    inspect: () =>
      inspectPhase(run, current(), { epoch: state.position.epoch, epochs: current().phase.epochs }),
    snapshot: () => takeSnapshot(run, state),
    stop(reason, options = {}) {
      expectKnown('stop', options, ['restoreBest']);
      const { restoreBest = false } = options;
      requestStop(state, current().phase, { reason, restoreBest });
    },
    checkpointed(where) {
      state.lastCheckpoint = where;
    },
    warn(message) {
      state.warnings.push(message);
      for (const callback of callbacks) {
        try {
          callback.warn?.(message);
        } catch (error) {
          throw callbackFault(callback, 'warn', error);
        }
      }
    },
  };
}

function planned({ students, teacher, plan }: Run, { phase, sampler, ...student }: RunPhase): PlannedPhase {
  const ofStudents = student.runsStudents ? sum(students.map(({ macs }) => macs)) : 0;
  const ofTeacher = phase.reads.teacher === undefined ? 0 : sum([teacher?.macs ?? 0]);
  const perImage = (student.trainsStudents ? 3 : 1) * ofStudents + ofTeacher + 3 * plan.cost.trainMacs;
  const { stepsPerEpoch, batchSize } = sampler;
  return { name: phase.name, epochs: phase.epochs, stepsPerEpoch, macsPerStep: batchSize * perImage };
}

/** A sum without NaN: the operations of a foreign teacher may be unknown. */
const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + (Number.isFinite(value) ? value : 0), 0);

import { flag, nonNegative, oneOf, wholeNumber, checkOptions } from '../option/index.js';
import type { Callback, RunControl } from '../train/callback.js';
import type { EpochReport } from '../train/report.js';

export interface EarlyStopOptions {
  /** Number of epochs without progress after which the phase ends. Default 10. */
  readonly patience: number;
  /** Improvement over the best value so far that an epoch must exceed to count as progress. Default 0. */
  readonly minDelta: number;
  /** Validation accuracy (higher is better) or loss (lower is better), mean over students. Default accuracy. */
  readonly metric: 'accuracy' | 'loss';
  /** Restore the weights of the phase's best validation accuracy when it ends. Default true. */
  readonly restoreBest: boolean;
}

/**
 * Ends a phase that trains students when the validation metric has not improved for `patience` epochs; later
 * phases still run, unless the plan's `stopEnds` says otherwise. It derives everything from the run's history,
 * so it survives a resume.
 *
 * @throws DistillError code `option`
 */
export function earlyStop(given: Partial<EarlyStopOptions> = {}): Callback {
  const options = checkOptions<EarlyStopOptions>(
    'earlyStop',
    given,
    { patience: 10, minDelta: 0, metric: 'accuracy', restoreBest: true },
    {
      patience: wholeNumber({ min: 1 }),
      minDelta: nonNegative,
      metric: oneOf('accuracy', 'loss'),
      restoreBest: flag,
    },
  );
  const score = ({ validation }: EpochReport): number => {
    const sum = validation.reduce((total, entry) => total + entry[options.metric], 0);
    return (options.metric === 'loss' ? -1 : 1) * (sum / validation.length);
  };
  const look = (last: EpochReport | undefined, run: RunControl): void => {
    // A phase that trains no student cannot improve one.
    if (last === undefined || !run.phase.trainsStudents) return;
    if (last.validation.length === 0) {
      // Phases that run no student have neither validation nor training accuracy.
      if (last.epoch === 0 && last.trainAccuracy.length > 0)
        run.warn('earlyStop has no effect: there is no validation set. Pass `validation` to distill().');
      return;
    }
    let best = -Infinity;
    let idle = 0;
    for (const past of run.history) {
      if (past.phase !== last.phase || past.validation.length === 0) continue;
      const value = score(past);
      idle = value > best + options.minDelta ? 0 : idle + 1;
      // Not Math.max: NaN would stay the best value forever.
      if (value > best) best = value;
    }
    if (idle < options.patience) return;
    run.stop(`no better validation ${options.metric} for ${idle} ${idle === 1 ? 'epoch' : 'epochs'}`, {
      restoreBest: options.restoreBest,
    });
  };
  return {
    name: 'early-stop',
    // A resumed run must stop again if its phase was already over.
    start(run) {
      const last = run.history.at(-1);
      if (last?.phase === run.phase.name) look(last, run);
    },
    epoch: look,
  };
}

import type { Snapshot, RunIdentity } from '../checkpoint/index.js';
import { asDistillError } from '../error/first-line.js';
import type { DistillError } from '../error/index.js';
import type { EpochReport, InspectedExhibit, StepReport } from './report.js';

/**
 * Watches a run and may stop it. Every hook is optional. Hooks are awaited in the order of the callbacks,
 * except `warn`.
 */
export interface Callback {
  readonly name: string;
  /**
   * Called once, before training: returns a snapshot to resume from. The first callback that returns one
   * decides.
   */
  resume?(identity: RunIdentity, run: RunControl): Promise<Snapshot | undefined>;
  /** Training starts, or resumes: then `run.done` is above 0. */
  start?(run: RunControl): void | Promise<void>;
  step?(report: StepReport, run: RunControl): void | Promise<void>;
  epoch?(report: EpochReport, run: RunControl): void | Promise<void>;
  /** The run's AbortSignal asked it to stop, between two steps or during validation. */
  abort?(run: RunControl): void | Promise<void>;
  /** Receives a message for the user that does not stop the run. */
  warn?(message: string): void;
  /** Always called last, even after an error. */
  end?(run: RunControl): void | Promise<void>;
}

/** A phase as planned; it may be stopped earlier. */
export interface PlannedPhase {
  readonly name: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /**
   * Approximate multiply–accumulate operations per step: those of the forward passes, counted three times for
   * networks that are trained.
   */
  readonly macsPerStep: number;
}

/** What a callback can read from a run and request of it. */
export interface RunControl {
  readonly method: string;
  readonly seed: number;
  /** Reports of all epochs so far, including those before a resume. */
  readonly history: readonly EpochReport[];
  /** Steps done and to do over all phases. */
  readonly done: number;
  readonly total: number;
  /** All phases of the plan, in order. */
  readonly phases: readonly PlannedPhase[];
  /**
   * The current phase, or the last one after the run. `trainsStudents`: whether it trains weights of students.
   */
  readonly phase: { readonly name: string; readonly epochs: number; readonly trainsStudents: boolean };
  /** What the current phase shows for inspection with the current weights; empty if it shows nothing. */
  inspect(): Promise<readonly InspectedExhibit[]>;
  /** The state of the run after the last step. Its tensors are live: encode it before the next step. */
  snapshot(): Snapshot;
  /**
   * Ends the current phase after this epoch. The next phase follows, unless the plan's `stopEnds` for this
   * phase is `run`. `restoreBest` restores the weights of the phase's best epoch.
   */
  stop(reason: string, options?: { readonly restoreBest?: boolean }): void;
  /** Records where the last good checkpoint is, so that an error can name it. */
  checkpointed(where: string): void;
  /** Passes a message to every callback's `warn`; the result collects the messages. */
  warn(message: string): void;
}

/** Every hook of a callback. */
export const HOOKS = ['resume', 'start', 'step', 'epoch', 'abort', 'warn', 'end'] as const;

/**
 * Calls one hook of every callback, in order, each awaited.
 *
 * @throws DistillError naming the callback that threw: code `platform` for a system error, otherwise `option`
 */
export async function tell(
  callbacks: readonly Callback[],
  hook: (typeof HOOKS)[number],
  call: (callback: Callback) => unknown,
): Promise<void> {
  for (const callback of callbacks) {
    try {
      await call(callback);
    } catch (error) {
      throw callbackFault(callback, hook, error);
    }
  }
}

/** Wraps what a callback threw with the callback's name and hook. */
export function callbackFault(
  { name }: Callback,
  hook: (typeof HOOKS)[number],
  error: unknown,
): DistillError {
  const where = `callback '${name}', ${hook}`;
  const isSystem = error instanceof Error && 'syscall' in error;
  if (!isSystem)
    return asDistillError(error, { code: 'option', where, expected: 'a hook that does not throw' });
  return asDistillError(error, {
    code: 'platform',
    where,
    expected: 'files that can be written',
    hint: 'Check the path, its permissions and the space on the disk.',
  });
}

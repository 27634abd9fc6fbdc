import type { Snapshot, RunIdentity } from '../checkpoint/index.js';
import { asDistillError } from '../error/first-line.js';
import type { DistillError } from '../error/index.js';
import type { EpochReport, InspectedExhibit, StepReport } from './report.js';

/** Something that watches a run and may stop it. Every hook may be left out; all are awaited in order. */
export interface Callback {
  readonly name: string;
  /** Asked once, before training: a snapshot to go on from. The first callback that has one decides. */
  resume?(identity: RunIdentity, run: RunControl): Promise<Snapshot | undefined>;
  /** Training begins (or goes on: `run.history` is not empty then). */
  start?(run: RunControl): void | Promise<void>;
  step?(report: StepReport, run: RunControl): void | Promise<void>;
  epoch?(report: EpochReport, run: RunControl): void | Promise<void>;
  /** The run was asked to stop by its AbortSignal, at a step's end. */
  abort?(run: RunControl): void | Promise<void>;
  /** Something that the user should know, but that stops nothing. */
  warn?(message: string): void;
  /** Always called last, also after an error. */
  end?(run: RunControl): void | Promise<void>;
}

/** A phase as it is planned: something may stop it earlier. */
export interface PlannedPhase {
  readonly name: string;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** About so many multiply–accumulate operations: three for each of a forward pass that is learned from, else one. */
  readonly macsPerStep: number;
}

/** What a callback can ask of the run. */
export interface RunControl {
  readonly method: string;
  readonly seed: number;
  /** Reports of all epochs so far, those before a resume included. */
  readonly history: readonly EpochReport[];
  /** Steps done and to do over all phases. */
  readonly done: number;
  readonly total: number;
  /** All phases of the plan, in order. */
  readonly phases: readonly PlannedPhase[];
  /** The phase under way, or the last one when the run is over; whether weights of students move in it. */
  readonly phase: { readonly name: string; readonly epochs: number; readonly trainsStudents: boolean };
  /** What the phase under way shows of itself at the present weights; empty where it shows nothing. */
  inspect(): Promise<readonly InspectedExhibit[]>;
  /** The state of the run at the last step's end. Its tensors are live: encode it before the next step. */
  snapshot(): Snapshot;
  /**
   * Ends the phase under way after this epoch; the next one begins, unless the plan says that a stop in this phase ends the
   * run. `restoreBest` puts the phase's best epoch back.
   */
  stop(reason: string, options?: { readonly restoreBest?: boolean }): void;
  /** Tells where the last good checkpoint is, so that an error can name it. */
  checkpointed(where: string): void;
  /** Tells every callback's `warn`; the result collects the messages. */
  warn(message: string): void;
}

/** Every hook of a callback. */
export const HOOKS = ['resume', 'start', 'step', 'epoch', 'abort', 'warn', 'end'] as const;

/**
 * Calls one hook of every callback, in order, each awaited.
 *
 * @throws DistillError naming the callback that threw: code `platform` where its files failed, `option` for any other reason
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

/** What a callback threw, with its name. */
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

import type { DistillOptions, DistillResult } from './distill-types.js';
import { readOptions } from './check-options.js';
import { holdWeights } from './check-parts.js';
import { prepareRun } from './prepare.js';
import { trainRun } from './run.js';

/**
 * Trains students with a method by running the phases of its plan, epoch by epoch.
 *
 * ```ts
 * const result = await distill({
 *   teacher, students: [student], method: kd(), train, validation, epochs: 60, batchSize: 64, seed: 1,
 *   callbacks: [progress(), jsonl('run/metrics.jsonl'), checkpoints('run/checkpoint'), earlyStop({ patience: 10 })],
 * });
 * await result.student.save('file://run/student');
 * ```
 *
 * On `cpu` and `wasm`, equal options, initial weights and engine give bitwise equal results. NaN or Infinity in
 * a term ends the run and undoes the step, so that no weight keeps it.
 * @throws DistillError before training for wrong options, shapes or taps; during training code `numeric` for a
 *   term that is not finite, `engine` for a failed device or exhausted memory
 */
export async function distill(given: DistillOptions): Promise<DistillResult> {
  const options = readOptions(given);
  const run = await prepareRun(options);
  let release: (() => void) | undefined;
  try {
    release = holdWeights(run.students, run.teacher);
    return await trainRun(run, options.callbacks ?? [], options.signal);
  } catch (error) {
    run.dispose();
    throw error;
  } finally {
    release?.();
  }
}

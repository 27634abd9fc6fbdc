import type { DistillOptions, DistillResult } from './distill-types.js';
import { readOptions } from './check-options.js';
import { holdWeights } from './check-parts.js';
import { prepareRun } from './prepare.js';
import { trainRun } from './run.js';

/**
 * Trains students with a method: runs the phases of its plan, epoch by epoch.
 *
 * ```ts
 * const result = await distill({
 *   teacher, students: [student], method: kd(), train, validation, epochs: 60, batchSize: 64, seed: 1,
 *   callbacks: [progress(), jsonl('run/metrics.jsonl'), checkpoints('run/checkpoint'), earlyStop({ patience: 10 })],
 * });
 * await result.student.save('file://run/student');
 * ```
 *
 * Same options, same weights, same engine: same bytes (on `cpu` and `wasm`). NaN or Infinity in a term ends the run before
 * it reaches a weight.
 * @throws DistillError for wrong options, shapes or taps (before training), `numeric` (during it)
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

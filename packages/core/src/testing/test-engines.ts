import { isDistillError } from '../error/index.js';
import { resolveEngine } from '../engine/index.js';
import type { EngineName } from '../engine/index.js';

/** An engine to test on, or why it is skipped. */
export interface TestEngine {
  readonly name: EngineName;
  /** Undefined where the engine runs. */
  readonly skipped: string | undefined;
}

/**
 * The engines that tests run on: `cpu` and `wasm` always, `node` where its binding is built. An engine that is missing is
 * listed with the reason, for the test's name to show. The environment variable `DISTILLJS_ENGINE` narrows the list.
 */
export async function testEngines(): Promise<readonly TestEngine[]> {
  const only = process.env['DISTILLJS_ENGINE'];
  const wanted: readonly EngineName[] = ['cpu', 'wasm', 'node'];
  const engines: TestEngine[] = [];
  for (const name of wanted) {
    if (only !== undefined && only !== '' && only !== 'auto' && only !== name) continue;
    try {
      await resolveEngine(name);
      engines.push({ name, skipped: undefined });
    } catch (error) {
      if (name !== 'node' || !isDistillError(error)) throw error;
      engines.push({ name, skipped: error.got });
    }
  }
  return engines;
}

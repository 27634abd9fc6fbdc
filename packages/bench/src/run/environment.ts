import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Engine } from '@distilljs/core';
import type { MadeWith, RunEnvironment } from '../report/index.js';
import { methodCatalog } from './method-catalog.js';

/** Describes this machine and the versions of a run. */
export function describeEnvironment(engine: Engine): RunEnvironment {
  const processors = cpus();
  return {
    node: process.version,
    system: `${type()} ${release()} ${process.arch}`,
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    engine,
    packages: packageVersions(['@distilljs/bench', ...new Set(methodCatalog.map((entry) => entry.package))]),
  };
}

export function madeWith({ engine, node, packages }: RunEnvironment): MadeWith {
  return {
    engine: `${engine.name} (${engine.version})`,
    ...(engine.name === 'node' && { threads: tensorflowThreads() }),
    node,
    packages,
  };
}

/** TensorFlow reads the variable when the engine starts, which also sets it from `DISTILLJS_THREADS`. */
function tensorflowThreads(): number {
  const set = Number(process.env['TF_NUM_INTRAOP_THREADS']);
  return Number.isInteger(set) && set > 0 ? set : availableParallelism();
}

/** Differences from the environment at the run's start that may change accuracies or times, in words. */
function environmentChanges(before: RunEnvironment, now: RunEnvironment): readonly string[] {
  const versions = (environment: RunEnvironment): ReadonlyMap<string, string> =>
    new Map([
      ['engine', withoutThreads(madeWith(environment).engine)],
      ...Object.entries(environment.packages),
    ]);
  const old = versions(before);
  return [...versions(now)].flatMap(([name, version]) => {
    const known = old.get(name);
    return known === undefined || known === version ? [] : [`${name} ${version} instead of ${known}`];
  });
}

/** An engine's name and version without the number of threads of `wasm`, which does not change results. */
export const withoutThreads = (engine: string): string =>
  engine.replace(/, \d+ threads?(?: \(.*\))?\)$/, ')');

/** The versions of installed packages by their names. */
export function packageVersions(names: readonly string[]): Record<string, string> {
  // CommonJS builds have no import.meta.
  const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);
  return Object.fromEntries(
    names.map((name) => [name, (require(`${name}/package.json`) as { readonly version: string }).version]),
  );
}

/** The warnings of results made in another environment than the run's first. */
export function mixWarnings(
  begun: { readonly environment: RunEnvironment } | undefined,
  now: RunEnvironment,
): readonly string[] {
  const changes = begun === undefined ? [] : environmentChanges(begun.environment, now);
  return changes.length === 0
    ? []
    : [`made in another environment than the start of the run: ${changes.join(', ')}`];
}

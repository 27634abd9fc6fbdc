import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import type { Engine } from '@distilljs/core';
import type { RunEnvironment } from '../report/index.js';
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

/** What a result was made with; results in one folder may differ. */
export type MadeWith = Pick<RunEnvironment, 'node' | 'packages'> & { readonly engine: string };

export function madeWith({ engine, node, packages }: RunEnvironment): MadeWith {
  return { engine: `${engine.name} (${engine.version})`, node, packages };
}

/** Differences from the environment at the run's start that may change accuracies or times, in words. */
function environmentChanges(before: RunEnvironment, now: RunEnvironment): readonly string[] {
  const versions = (environment: RunEnvironment): ReadonlyMap<string, string> =>
    new Map([['engine', withoutThreads(environment)], ...Object.entries(environment.packages)]);
  const old = versions(before);
  return [...versions(now)].flatMap(([name, version]) => {
    const known = old.get(name);
    return known === undefined || known === version ? [] : [`${name} ${version} instead of ${known}`];
  });
}

/** The engine's name and version without the number of threads, which does not change results. */
const withoutThreads = (environment: RunEnvironment): string =>
  madeWith(environment).engine.replace(/, \d+ threads?(?: \(.*\))?\)$/, ')');

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

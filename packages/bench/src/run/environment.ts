import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import type { Engine } from '@distilljs/core';
import type { RunEnvironment } from '../report/index.js';
import { methodCatalog } from './method-catalog.js';

/** The machine and the versions that a run is made with. */
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

/** What a result was made with: of several in one folder, not all need have the same. */
export type MadeWith = Pick<RunEnvironment, 'node' | 'packages'> & { readonly engine: string };

export function madeWith({ engine, node, packages }: RunEnvironment): MadeWith {
  return { engine: `${engine.name} (${engine.version})`, node, packages };
}

/** How an environment differs from the one that a run was begun with, where that may change accuracies or times, in words. */
function environmentChanges(before: RunEnvironment, now: RunEnvironment): readonly string[] {
  const versions = (environment: RunEnvironment): ReadonlyMap<string, string> =>
    new Map([['engine', withoutThreads(environment)], ...Object.entries(environment.packages)]);
  const old = versions(before);
  return [...versions(now)].flatMap(([name, version]) => {
    const known = old.get(name);
    return known === undefined || known === version ? [] : [`${name} ${version} instead of ${known}`];
  });
}

/** The engine's name and version; numbers do not depend on threads. */
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

/** What every result says that is made otherwise than its run was begun. */
export function mixWarnings(
  begun: { readonly environment: RunEnvironment } | undefined,
  now: RunEnvironment,
): readonly string[] {
  const changes = begun === undefined ? [] : environmentChanges(begun.environment, now);
  return changes.length === 0 ? [] : [`not made as the run was begun: ${changes.join(', ')}`];
}

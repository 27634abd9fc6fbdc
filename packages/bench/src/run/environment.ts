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
    packages: packageVersions([...new Set(methodCatalog.map((entry) => entry.package))]),
  };
}

function packageVersions(names: readonly string[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    names.map((name) => [name, (require(`${name}/package.json`) as { readonly version: string }).version]),
  );
}

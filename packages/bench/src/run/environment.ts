import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import type { Engine } from '@distilljs/core';

/** The machine and the versions that a run was made with. */
export interface Environment {
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly engine: Engine;
  /** Versions of the distilljs packages. */
  readonly packages: Readonly<Record<string, string>>;
}

export function describeEnvironment(engine: Engine): Environment {
  const processors = cpus();
  return {
    node: process.version,
    system: `${type()} ${release()} ${process.arch}`,
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    engine,
    packages: packageVersions(['@distilljs/core', '@distilljs/cckd']),
  };
}

function packageVersions(names: readonly string[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    names.map((name) => [name, (require(`${name}/package.json`) as { readonly version: string }).version]),
  );
}

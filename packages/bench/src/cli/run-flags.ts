import { configuredModules, parseSetting, resolveStudy } from '../config/index.js';
import type { RunConfig, StudyConfig } from '../config/index.js';
import { readConfigText } from '../file/index.js';
import { preloadModules } from '../run/foreign-modules.js';
import { configurableMethods, techniqueNames } from '../run/method-catalog.js';
import { methodProblems } from '../run/method-problems.js';

/** Flags of `distill-bench run` as commander passes them. */
export interface RunFlags {
  readonly preset?: string;
  readonly config?: string;
  readonly out: string;
  readonly methods?: readonly string[];
  readonly seeds?: readonly number[];
  readonly engine?: string;
  readonly dataset?: string;
  readonly dataDir?: string;
  readonly teacher?: string;
  readonly teacherModel?: string;
  readonly studentModel?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly set?: readonly string[];
  readonly jobs?: number;
  readonly shard?: string;
  readonly race?: true;
  readonly budget?: string;
  readonly export?: string;
  readonly dryRun?: true;
  readonly prepare?: true;
  readonly resume?: true;
  readonly overwrite?: true;
  readonly json?: true;
}

/** The configuration from the flags and their file. */
export async function configOf(flags: RunFlags): Promise<RunConfig | StudyConfig> {
  const file =
    flags.config === undefined ? undefined : { name: flags.config, text: await readConfigText(flags.config) };
  const sources = {
    preset: flags.preset,
    file,
    flags: [asSettings(flags), ...(flags.set ?? []).map(parseSetting)],
    chosen: flags.methods?.join() === 'all' ? techniqueNames : flags.methods,
  };
  await preloadModules(configuredModules(sources));
  return resolveStudy({ ...sources, methodNames: configurableMethods, checkMethod: methodProblems });
}

/** The flags as part of a configuration. */
function asSettings(flags: RunFlags): object {
  const dataset = defined({ name: flags.dataset, dir: flags.dataDir });
  const teacher = defined({ model: flags.teacherModel, path: flags.teacher });
  const student = defined({ model: flags.studentModel });
  const optimizer = defined({ learningRate: flags.learningRate });
  const { seeds, engine, epochs, batchSize, budget } = flags;
  // `{}` instead of `true`, which would override the file's race settings.
  const race = budget === undefined ? (flags.race === true ? {} : undefined) : { budget };
  return defined({ dataset, teacher, student, optimizer, seeds, engine, epochs, batchSize, race }) ?? {};
}

/** The entries that are set; undefined when there are none. */
function defined(values: Readonly<Record<string, unknown>>): object | undefined {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

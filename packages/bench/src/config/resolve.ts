import { complete } from './complete.js';
import type { RunConfig } from './complete.js';
import { conflicts } from './conflicts.js';
import { fileLayer } from './file.js';
import type { ConfigLayer } from './layer.js';
import { mergeLayers, plainLayer } from './layer.js';
import { presetLayer } from './presets.js';
import { conflictProblem, issueProblems, problemError } from './problem.js';
import { runSchema } from './schema.js';

export interface ConfigSources {
  /** Name of a preset; one that the file or the flags name counts if this is left out. */
  readonly preset?: string | undefined;
  readonly file?: { readonly text: string; readonly name: string } | undefined;
  /** What the command line sets, as mappings; later ones win. */
  readonly flags?: readonly object[] | undefined;
  /** Methods that there are. Default: any name passes. */
  readonly methodNames?: readonly string[] | undefined;
}

/**
 * The run that preset, file and command line describe together: the file goes before the preset, the command line
 * before both.
 *
 * @throws DistillError code `config` that lists every problem with file, line and column
 */
export function resolveConfig(sources: ConfigSources): RunConfig {
  const { file, flags = [], methodNames } = sources;
  const upper = [
    ...(file === undefined ? [] : [fileLayer(file.text, file.name)]),
    ...flags.map((values) => plainLayer('command line', values)),
  ];
  const preset =
    sources.preset ?? upper.map(({ values }) => values['preset']).findLast((name) => name !== undefined);
  const layers = preset === undefined ? upper : [presetLayer(preset), ...upper];
  return mergeConfig(layers, methodNames);
}

/**
 * The run that one file describes, with the preset that it names.
 *
 * @param fileName for messages
 * @throws DistillError code `config` that lists every problem with line and column
 */
export function parseConfig(text: string, fileName: string, methodNames?: readonly string[]): RunConfig {
  return resolveConfig({ file: { text, name: fileName }, methodNames });
}

/**
 * Layers put together, checked, and completed with defaults.
 *
 * @param layers the strongest last
 * @throws DistillError code `config`
 */
export function mergeConfig(layers: readonly ConfigLayer[], methodNames?: readonly string[]): RunConfig {
  const merged = mergeLayers(layers);
  const name = layers.at(-1)?.name ?? 'configuration';
  const { data, error } = runSchema.safeParse(merged);
  if (error !== undefined) {
    throw problemError(
      name,
      error.issues.flatMap((issue) => issueProblems(issue, merged, layers)),
    );
  }
  const found = conflicts(data, methodNames).map((conflict) => conflictProblem(conflict, merged, layers));
  if (found.length > 0) throw problemError(name, found);
  return complete(data);
}

import { resolve } from 'node:path';
import type { ModelName } from '../model/index.js';
import type { ConfigLayer } from './layers.js';
import { mergeLayers, plainLayer, unsafeParts } from './layers.js';
import { folderOf, modulesIn, withModulePaths } from './module-name.js';
import { isPresetName, presetLayer, presetProblem } from './presets.js';
import type { Problem } from './problem.js';
import { conflictProblem, issueProblems, problemError } from './problem.js';
import { conflicts } from './rules.js';
import type { Surroundings } from './rules.js';
import { runSchema } from './schema.js';
import type { WrittenConfig } from './schema.js';
import { fileLayer } from './source.js';

/** A configured method. */
export interface MethodConfig {
  readonly name: string;
  /** Unique within the run. */
  readonly as: string;
  /** A module or package that it comes from; left out: the bench's own. */
  readonly from?: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** Models of a method that trains several networks; left out: copies of the student. */
  readonly cohort?: readonly ModelName[] | undefined;
}

/** A run's configuration, complete: what `config.json` of a run folder holds. It is a configuration file itself. */
export interface RunConfig extends Omit<WrittenConfig, 'teacher' | 'methods'> {
  readonly teacher: WrittenConfig['teacher'] & { readonly epochs: number; readonly learningRate: number };
  readonly methods: readonly MethodConfig[];
}

export interface ConfigSources extends Surroundings {
  /** Name of a preset; one that the file or the flags name counts if this is left out. */
  readonly preset?: string | undefined;
  readonly file?: { readonly text: string; readonly name: string } | undefined;
  /** What the command line sets, as mappings; later ones win. */
  readonly flags?: readonly object[] | undefined;
}

/**
 * The run that preset, file and command line describe together: the file goes before the preset, the command line
 * before both.
 *
 * @throws DistillError code `config` that lists every problem with file, line and column
 */
export function resolveConfig({ preset, file, flags = [], ...surroundings }: ConfigSources): RunConfig {
  const upper = upperLayers({ file, flags });
  const names = [preset, ...upper.toReversed().map(({ values }) => values['preset'])];
  const given = names.filter((name) => name !== undefined);
  const wrong = given.find((name) => !isPresetName(name));
  if (wrong !== undefined)
    return merged(upper, surroundings, presetProblem(wrong, wrong === preset ? [] : upper));
  const used = given.find(isPresetName);
  if (used === undefined) return merged(upper, surroundings);
  // A run's configuration names the preset that counted.
  const counted = given.length > 1 ? [plainLayer('command line', { preset: used })] : [];
  return merged([presetLayer(used), ...upper, ...counted], surroundings);
}

/** Modules and packages whose methods a configuration takes: they are loaded before it is checked. */
export function configuredModules(sources: Pick<ConfigSources, 'file' | 'flags'>): readonly string[] {
  const layers = upperLayers(sources);
  return layers.some((layer) => unsafeParts(layer).length > 0) ? [] : modulesIn(mergeLayers(layers));
}

function upperLayers({ file, flags = [] }: Pick<ConfigSources, 'file' | 'flags'>): readonly ConfigLayer[] {
  return [
    ...(file === undefined ? [] : [withModulePaths(fileLayer(file.text, file.name), folderOf(file.name))]),
    ...flags.map((values) => withModulePaths(plainLayer('command line', values), process.cwd())),
  ];
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
  return merged(layers, { methodNames });
}

/** @param wrongPreset what is wrong with the preset: what it would have given is not missed then */
function merged(
  layers: readonly ConfigLayer[],
  surroundings: Surroundings,
  wrongPreset?: Problem,
): RunConfig {
  const name = layers.at(-1)?.name ?? 'configuration';
  const unsafe = layers.flatMap(unsafeParts);
  if (unsafe.some(({ expected }) => expected.startsWith('at most'))) throw problemError(name, unsafe);
  const written = mergeLayers(layers);
  const { data, error } = runSchema.safeParse(written);
  const issues = (error?.issues ?? []).flatMap((issue) => issueProblems(issue, written, layers));
  const found = conflicts(written, surroundings).map((each) => conflictProblem(each, written, layers));
  const problems = [
    ...(wrongPreset === undefined ? [] : [wrongPreset]),
    ...unsafe,
    ...[...issues, ...found].filter(
      ({ got, where }) => wrongPreset === undefined || (got !== 'nothing' && where !== wrongPreset.where),
    ),
  ];
  // A key may be refused as reserved and as unknown.
  const places = new Map(problems.map((problem) => [`${problem.where} ${problem.expected}`, problem]));
  if (places.size > 0 || data === undefined) throw problemError(name, [...places.values()]);
  return complete(data);
}

/** Fills in what depends on other fields. */
function complete({ teacher, methods, ...written }: WrittenConfig): RunConfig {
  return {
    ...written,
    teacher: {
      ...teacher,
      epochs: teacher.epochs ?? written.epochs,
      learningRate: teacher.learningRate ?? written.optimizer.learningRate,
    },
    methods: methods.map(({ name, from, as = name, options, cohort }) => ({
      name,
      as,
      ...(from !== undefined && { from }),
      options,
      ...(cohort !== undefined && { cohort }),
    })),
  };
}

/** True for what {@link resolveConfig} made, read from a file: a mapping of the configuration's fields and no others. */
export function isRunConfig(value: unknown): value is RunConfig {
  return runSchema.safeParse(value).success;
}

/** The same run with paths that mean the same from every folder: `config.json` is read wherever the reader stands. */
export function withAbsolutePaths(config: RunConfig): RunConfig {
  const { dataset, teacher, student } = config;
  return {
    ...config,
    dataset: absolutePaths(dataset),
    student: student.path === undefined ? student : { ...student, path: absolute(student.path) },
    teacher: {
      ...teacher,
      ...(teacher.path !== undefined && { path: absolute(teacher.path) }),
      ...(typeof teacher.classes === 'string' && { classes: resolve(teacher.classes) }),
    },
  };
}

/** Fields of datasets that are paths. */
const PATHS = ['dir', 'file', 'cacheDir'];

const absolutePaths = (dataset: RunConfig['dataset']): RunConfig['dataset'] =>
  Object.fromEntries(
    Object.entries(dataset).map(([key, value]) => [
      key,
      PATHS.includes(key) && typeof value === 'string' ? resolve(value) : (value as unknown),
    ]),
  ) as unknown as RunConfig['dataset'];

const FILE = 'file://';

/** A bare path and one behind `file://` become absolute; other URLs stay. */
function absolute(path: string): string {
  if (path.startsWith(FILE)) return `${FILE}${resolve(path.slice(FILE.length))}`;
  return path.includes('://') ? path : resolve(path);
}

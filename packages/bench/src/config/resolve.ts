import type { z } from 'zod';
import type { ModelName } from '../model/index.js';
import { chooseMethods } from './chosen-methods.js';
import { withCommandLine } from './command-line.js';
import type { ConfigLayer } from './layers.js';
import { mergeLayers, plainLayer, unsafeParts, valueAt } from './layers.js';
import { folderOf, modulesIn, withModulePaths } from './module-name.js';
import type { Surroundings } from './method-rules.js';
import { isPresetName, presetLayer, presetProblem } from './presets.js';
import type { Problem } from './problem.js';
import { conflictProblem, issueProblems, placeOf, plainPath, problemError } from './problem.js';
import { studyRace } from './race.js';
import { conflicts } from './rules.js';
import { runSchema } from './schema.js';
import type { WrittenConfig } from './schema.js';
import { fileLayer } from './source.js';
import { commonPart, isStudy, STUDY_KEYS, studyIssues, tasksOf, unusedFields, writtenOut } from './study.js';
import type { WrittenTask } from './study.js';
import { TUNING } from './tune.js';

/** A configured method. */
export interface MethodConfig {
  readonly name: string;
  /** Unique within the run. */
  readonly as: string;
  /** The module or package that it comes from; omitted for the bench's own methods. */
  readonly from?: string | undefined;
  /** True for a method that a program passed to `runBench`. */
  readonly given?: boolean | undefined;
  readonly options: Readonly<Record<string, unknown>>;
  /** Models of a method that trains several networks. Default: copies of the student. */
  readonly cohort?: readonly ModelName[] | undefined;
}

/** A run's complete configuration: the content of `config.json` in a run folder, which is itself a valid configuration file. */
export interface RunConfig extends Omit<WrittenConfig, 'teacher' | 'methods'> {
  readonly teacher: WrittenConfig['teacher'] & { readonly epochs: number; readonly learningRate: number };
  readonly methods: readonly MethodConfig[];
}

/** Several runs in one folder: pairs of teacher and student, datasets, or both. */
export interface StudyConfig {
  readonly tasks: readonly TaskConfig[];
}

/** One run of a study. */
export interface TaskConfig {
  /** Its folder below `tasks`, e.g. `cifar10+resnet56-resnet20`. */
  readonly name: string;
  readonly config: RunConfig;
}

export interface ConfigSources extends Surroundings {
  /** Name of a preset. Default: the one that the flags or the file name. */
  readonly preset?: string | undefined;
  readonly file?: { readonly text: string; readonly name: string } | undefined;
  /** Settings of one command line, as mappings. They belong together; of two values for the same key the later wins. */
  readonly flags?: readonly object[] | undefined;
  /** Methods to keep, by name: those of the file and the preset with their options, others from the catalog. */
  readonly chosen?: readonly string[] | undefined;
  /** What messages call the flags. Default: `command line`. */
  readonly flagsName?: string | undefined;
}

/**
 * The run that preset, file and command line describe together: the file extends the preset, and the command line overrides both.
 *
 * @throws DistillError code `config` that lists every problem with file, line and column; also for a study
 */
export function resolveConfig(sources: ConfigSources): RunConfig {
  return single(...layersOf(sources));
}

/**
 * Like {@link resolveConfig}, but accepts `pairs` and `datasets`: the runs of a study.
 *
 * @throws DistillError code `config` that lists every problem of every run with file, line and column
 */
export function resolveStudy(sources: ConfigSources): RunConfig | StudyConfig {
  return merged(...layersOf(sources));
}

/** The layers, facts for their rules, and the problem of an unknown preset. */
type Merging = readonly [
  layers: readonly ConfigLayer[],
  surroundings: Surroundings,
  wrongPreset?: Problem | undefined,
];

function layersOf({
  preset,
  file,
  flags = [],
  flagsName = 'command line',
  chosen,
  ...surroundings
}: ConfigSources): Merging {
  const files =
    file === undefined ? [] : [withModulePaths(fileLayer(file.text, file.name), folderOf(file.name))];
  const set = flags.map((values) => plainLayer(flagsName, values));
  const upper = [...files, ...set];
  const names = [preset, ...upper.toReversed().map(({ values }) => values['preset'])];
  const given = names.filter((name) => name !== undefined);
  const wrong = given.find((name) => !isPresetName(name));
  if (wrong !== undefined) return [upper, surroundings, presetProblem(wrong, wrong === preset ? [] : upper)];
  const used = given.find(isPresetName);
  const below = [...(used === undefined ? [] : [presetLayer(used)]), ...files];
  const kept = chosen === undefined ? below : chooseMethods(below, chosen, flagsName);
  // The run's configuration names the preset that was used.
  const counted = used !== undefined && given.length > 1 ? [{ preset: used }] : [];
  return [withCommandLine(kept, [...flags, ...counted], flagsName), surroundings];
}

/** Modules and packages of a configuration's methods, which are loaded before the configuration is checked. */
export function configuredModules(sources: ConfigSources): readonly string[] {
  const [layers] = layersOf(sources);
  return layers.some((layer) => unsafeParts(layer).length > 0) ? [] : modulesIn(mergeLayers(layers));
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
 * Merges layers, checks the result, and fills in defaults.
 *
 * @param layers later layers win
 * @throws DistillError code `config`
 */
export function mergeConfig(layers: readonly ConfigLayer[], methodNames?: readonly string[]): RunConfig {
  return single(layers, { methodNames });
}

function single(...merging: Merging): RunConfig {
  const config = merged(...merging);
  if (!('tasks' in config)) return config;
  const [layers] = merging;
  const problems = STUDY_KEYS.filter((key) => valueAt(mergeLayers(layers), [key]) !== undefined).map(
    (key) => ({
      where: placeOf([key], layers),
      expected: 'a configuration of one run',
      got: 'one of several',
      hint: '`distill-bench run` takes it.',
    }),
  );
  throw problemError(layers.at(-1)?.name ?? 'configuration', problems);
}

/** @param wrongPreset suppresses the messages for fields that the preset might have set */
function merged(...[layers, surroundings, wrongPreset]: Merging): RunConfig | StudyConfig {
  const name = layers.at(-1)?.name ?? 'configuration';
  const unsafe = layers.flatMap(unsafeParts);
  if (unsafe.some(({ endsChecks }) => endsChecks)) throw problemError(name, unsafe);
  const written = writtenOut(mergeLayers(layers));
  const isOne = !isStudy(written);
  const issues = isOne ? [] : studyIssues(written);
  const { tasks, conflicts: names } = isOne || issues.length > 0 ? commonPart(written) : tasksOf(written);
  const checked = tasks.map((task) => checkedTask(task, written, layers, surroundings));
  const found = [
    ...issues.flatMap((issue) => issueProblems(issue, written, layers)),
    ...[...names, ...(isOne ? [] : [...studyRace(written), ...unusedFields(layers, tasks)])].map((each) =>
      conflictProblem(each, written, layers),
    ),
    // A field that the common part lacks may be in the entries.
    ...checked
      .flatMap(({ problems }) => problems)
      .filter(({ got }) => issues.length === 0 || got !== 'nothing'),
  ];
  const problems = [
    ...(wrongPreset === undefined ? [] : [wrongPreset]),
    ...unsafe,
    ...found.filter(
      ({ got, where }) => wrongPreset === undefined || (got !== 'nothing' && where !== wrongPreset.where),
    ),
  ];
  // A key may be refused as reserved and as unknown, and by every run of a study.
  const places = new Map(problems.map((problem) => [`${problem.where} ${problem.expected}`, problem]));
  if (places.size > 0) throw problemError(name, [...places.values()]);
  const configs = checked.flatMap(({ data }, at) =>
    data === undefined ? [] : [{ name: tasks[at]?.name ?? '', config: complete(data) }],
  );
  const [only] = configs;
  return isOne && only !== undefined ? only.config : { tasks: configs };
}

/** One run and its problems. */
function checkedTask(
  { values, place }: WrittenTask,
  written: Readonly<Record<string, unknown>>,
  layers: readonly ConfigLayer[],
  surroundings: Surroundings,
): { readonly data: WrittenConfig | undefined; readonly problems: readonly Problem[] } {
  const { data, error } = runSchema.safeParse(values);
  const problems = [
    ...(error?.issues ?? []).flatMap((issue) =>
      issueProblems({ ...issue, ...placed(issue, place) }, written, layers),
    ),
    ...conflicts(values, surroundings).map((each) =>
      conflictProblem({ ...each, path: place(each.path) }, written, layers),
    ),
  ];
  return { data, problems };
}

/** Adds the keys of studies to the known keys, so that a mistyped one gets a suggestion. */
const placed = (
  { path, code, message }: z.core.$ZodIssue,
  place: WrittenTask['place'],
): { readonly path: PropertyKey[]; readonly message: string } => ({
  path: [...place(plainPath(path))],
  message: code === 'unrecognized_keys' && path.length === 0 ? [message, ...STUDY_KEYS].join(', ') : message,
});

/** Fills in what depends on other fields. */
function complete({ teacher, methods, ...written }: WrittenConfig): RunConfig {
  return {
    ...written,
    ...(written.tune !== undefined && { tuning: written.tuning ?? TUNING }),
    teacher: {
      ...teacher,
      epochs: teacher.epochs ?? written.epochs,
      learningRate: teacher.learningRate ?? written.optimizer.learningRate,
    },
    methods: methods.map(({ name, from, given, as = name, options, cohort }) => ({
      name,
      as,
      ...(from !== undefined && { from }),
      ...(given === true && { given }),
      options,
      ...(cohort !== undefined && { cohort }),
    })),
  };
}

import type { Method, MethodFactory, TeacherLike } from '@distilljs/core';
import type { ConfigInput, PresetName } from '../config/index.js';
import type { DatasetSource, GivenData } from '../dataset/index.js';
import type { ModelName } from '../model/index.js';
import type { MakeStudent } from '../run/catalog-entry.js';
import type { Existing } from '../run/open-folder.js';
import type { RunLog } from '../run/run-context.js';

/**
 * Images: the name of a dataset, a mapping like a configuration's `dataset` (`{ name: 'folder', dir: 'photos', imageSize: 64 }`),
 * or dataset objects.
 */
export type BenchData = DatasetSource['name'] | ConfigInput['dataset'] | GivenData;

/** Fields of a configuration's `teacher`. */
type TeacherFields = Partial<ConfigInput['teacher']>;

/**
 * One of four:
 * - the name of a zoo network, which is trained first;
 * - the path or URL of a trained teacher;
 * - a network object (a `LayersModel`, a `GraphModel`, or what `createNetwork`, `freeze`, `loadTeacher` or `teacherFrom` returns), alone or
 *   as `network` beside further facts about it;
 * - a mapping like a configuration's `teacher`.
 */
export type BenchTeacher =
  | ModelName
  | (string & {})
  | TeacherLike
  | (Omit<TeacherFields, 'model' | 'path' | 'given'> & { readonly network: TeacherLike })
  | TeacherFields;

/**
 * One of four:
 * - the name of a zoo network;
 * - the path of a layers model to start from;
 * - a function that builds a fresh student for each training, alone or as `build` beside further fields;
 * - a mapping like a configuration's `student`.
 */
export type BenchStudent =
  | ModelName
  | (string & {})
  | MakeStudent
  | {
      readonly build: MakeStudent;
      /** The student's name in the run. Default: the function's name, else `student`. */
      readonly model?: string | undefined;
      /** Layer names by tap, so that methods find the layers that they read. */
      readonly taps?: Readonly<Record<string, string>> | undefined;
      /** `fresh` (default): drawn from the run's seed. `keep`: as the function returns them. */
      readonly weights?: 'fresh' | 'keep' | undefined;
      /** How it sees the images: a name such as `imagenet`, or `{ mean, std }` of pixels in 0…1. Default: the run's. */
      readonly normalization?: Partial<ConfigInput['teacher']>['normalization'] | undefined;
      /** Passed to the function as its second argument. */
      readonly options?: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly model: ModelName }
  | { readonly path: string; readonly [field: string]: unknown }
  | { readonly from: string; readonly [field: string]: unknown };

/** Any factory: options are checked when the method is made. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFactory = MethodFactory<any>;

/** A name from the catalog; a mapping like an entry of a configuration's `methods`; or a method or its factory, alone or as `method`. */
export type BenchMethod =
  | (string & {})
  | Method
  | AnyFactory
  | {
      readonly method: Method | AnyFactory;
      /** Its name in the report, and its folder's. Default: the method's own name. */
      readonly as?: string | undefined;
      /** Passed to the factory. */
      readonly options?: Readonly<Record<string, unknown>> | undefined;
      readonly cohort?: readonly ModelName[] | undefined;
    }
  | {
      readonly name?: string | undefined;
      readonly from?: string | undefined;
      readonly as?: string | undefined;
      readonly options?: Readonly<Record<string, unknown>> | undefined;
      readonly cohort?: readonly ModelName[] | undefined;
    };

/**
 * Options of `runBench`. An omitted option takes its value from `config`, then from `preset`, then from the configuration's defaults.
 * All other fields of a configuration are options too (`epochs`, `seeds`, `batchSize`, `optimizer`, `schedule`, `augmentation`,
 * `validationFraction`, `engine`, …).
 */
export interface BenchOptions extends Partial<
  Omit<ConfigInput, 'preset' | 'dataset' | 'teacher' | 'student' | 'methods'>
> {
  /** The run folder. */
  readonly out: string;
  readonly data?: BenchData | undefined;
  readonly teacher?: BenchTeacher | undefined;
  readonly student?: BenchStudent | undefined;
  /** `all`: every technique. Default: `student` and `kd`. */
  readonly methods?: readonly BenchMethod[] | 'all' | undefined;
  /** Ready-made values; see `presets`. */
  readonly preset?: PresetName | undefined;
  /** Path of a configuration file, YAML or JSON. */
  readonly config?: string | undefined;
  /** What to do with a folder that already holds a run. Default: `refuse`. `resume` never repeats finished work. */
  readonly existing?: Existing | undefined;
  /** Receives the run's messages; `terminalLog()` writes them to standard error. Default: none. {@link BenchOutcome.notes} keeps them anyway. */
  readonly log?: RunLog | undefined;
  /** Ends the run after the current training step; finished work is kept. */
  readonly signal?: AbortSignal | undefined;
}

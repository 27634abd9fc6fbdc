import type { Method, MethodFactory, TeacherLike } from '@distilljs/core';
import type { ConfigInput, PresetName } from '../config/index.js';
import type { DatasetSource, GivenData } from '../dataset/index.js';
import type { ModelName } from '../model/index.js';
import type { MakeStudent } from '../run/catalog-entry.js';
import type { Existing } from '../run/open-folder.js';
import type { RunLog } from '../run/run-context.js';

/**
 * Images: the name of a dataset, a mapping as a configuration's `dataset` has it (`{ name: 'folder', dir: 'photos', imageSize: 64 }`),
 * or datasets at hand.
 */
export type BenchData = DatasetSource['name'] | ConfigInput['dataset'] | GivenData;

/** Fields of a configuration's `teacher`. */
type TeacherFields = Partial<ConfigInput['teacher']>;

/**
 * A network of the zoo, which is trained first; the path or URL of a trained teacher; a model or network at hand (a `LayersModel`, a
 * `GraphModel`, what `createNetwork`, `freeze`, `loadTeacher` and `teacherFrom` give), by itself or as `network` beside what else is known of
 * it; or a mapping as a configuration has it.
 */
export type BenchTeacher =
  | ModelName
  | (string & {})
  | TeacherLike
  | (Omit<TeacherFields, 'model' | 'path' | 'given'> & { readonly network: TeacherLike })
  | TeacherFields;

/**
 * A network of the zoo; the path of a layers model to start from; a function that builds a fresh student for each training, by itself
 * or as `build` beside what the run calls it; or a mapping as a configuration has it.
 */
export type BenchStudent =
  | ModelName
  | (string & {})
  | MakeStudent
  | {
      readonly build: MakeStudent;
      /** Default: the function's name, else `student`. */
      readonly model?: string | undefined;
      /** Names for layers, so that methods find what they read. */
      readonly taps?: Readonly<Record<string, string>> | undefined;
      /** `fresh` (default): drawn from the run's seed. `keep`: as the function gives them. */
      readonly weights?: 'fresh' | 'keep' | undefined;
      /** Handed to the function. */
      readonly options?: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly model: ModelName }
  | { readonly path: string; readonly [field: string]: unknown }
  | { readonly from: string; readonly [field: string]: unknown };

/** Any factory: options are checked when the method is made. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFactory = MethodFactory<any>;

/** A name of the catalog; a mapping as a configuration has it; or a method at hand, or what makes it, by itself or as `method`. */
export type BenchMethod =
  | (string & {})
  | Method
  | AnyFactory
  | {
      readonly method: Method | AnyFactory;
      /** What the report calls it, and its folder. Default: its name. */
      readonly as?: string | undefined;
      /** For a factory. */
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
 * Options of `runBench`. Whatever is left out has the value of `config`, else of `preset`, else the default that it has in a
 * configuration; so do all other fields of a configuration (`epochs`, `seeds`, `batchSize`, `optimizer`, `schedule`, `augmentation`,
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
  /** What to do with a folder that holds a run. Default `refuse`. `resume` repeats nothing that is done. */
  readonly existing?: Existing | undefined;
  /** Told what happens; `terminalLog()` writes it to standard error. Default: nobody; {@link BenchOutcome.notes} keeps it. */
  readonly log?: RunLog | undefined;
  /** Ends the run after the step under way; what is done is kept. */
  readonly signal?: AbortSignal | undefined;
}

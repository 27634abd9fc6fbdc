import {
  createNetwork,
  createRandom,
  DistillError,
  freeze,
  isDistillError,
  loadModel,
  modelMetadata,
  seedWeights,
} from '@distilljs/core';
import type { Network, Normalization, Random } from '@distilljs/core';
import * as tfCore from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { teacherNormalization } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { ModelShape } from '../model/index.js';
import type { ChangedStudent, MakeStudent, StudentRequest } from './catalog-entry.js';
import { importModule, refusal, thrownText } from './foreign-modules.js';
import { givenStudent } from './given.js';
import { modelFilesDigest } from './model-files.js';
import { metadataIn } from './teacher-facts.js';

/** A student from outside the zoo. */
interface ForeignStudent {
  build(shape: ModelShape, random: Random): Promise<ChangedStudent>;
  /** Digest of its file, or for a function of the model that it builds for this shape. */
  digest(shape: ModelShape): string | Promise<string>;
  /** Normalization of its input: its module's export, or that of a saved model which keeps its weights. Default: the run's. */
  readonly normalization?: Normalization | RunConfig['student']['normalization'];
}

const students = new Map<string, ForeignStudent>();

/** Finds a student by its name in the run. */
export const foreignStudent = (name: string): ForeignStudent | undefined => students.get(name);

/** Models that functions have built: each is trained once and then disposed. */
const used = new WeakSet<LayersModel>();

type StudentConfig = RunConfig['student'];

/** Registers the configured student by its name, if it is from outside the zoo. */
export async function loadStudent(student: StudentConfig): Promise<void> {
  const { model, path, from, given } = student;
  students.delete(model);
  if (path !== undefined) students.set(model, await studentAt(path, student));
  else if (from !== undefined) students.set(model, await studentFrom(from, student));
  else if (given === true) students.set(model, studentBy(givenStudent(model), `student ${model}`, student));
}

async function studentAt(
  path: string,
  { taps = {}, weights = 'keep' }: StudentConfig,
): Promise<ForeignStudent> {
  // Loaded for each training, because two students must not share weights.
  const read = (): Promise<LayersModel> => loadModel(path);
  const model = await read();
  // Files of a server may be others at the next request, so the loaded model counts.
  const digest = /^https?:/i.test(path)
    ? await freeze(createNetwork(model)).fingerprint()
    : await modelFilesDigest(path);
  const normalization = weights === 'keep' ? metadataIn(modelMetadata(model, path)).normalization : undefined;
  model.dispose();
  return {
    digest: () => digest,
    normalization,
    async build(_, random) {
      const model = await read();
      if (weights === 'fresh') seedWeights(model, random);
      return { model, taps };
    },
  };
}

async function studentFrom(from: string, student: StudentConfig): Promise<ForeignStudent> {
  const { exports, digest } = await importModule(from);
  const make = exports['default'];
  if (typeof make !== 'function') {
    const hint = 'Write `export default ({ imageShape, classes, tf }, options) => tf.sequential(…)`.';
    const got = make === undefined ? 'none' : typeof make;
    throw refusal(from, 'a default export that builds the student', got, hint);
  }
  const own = teacherNormalization.optional().safeParse(exports['normalization']);
  if (!own.success) {
    const expected = `an export \`normalization\` that is one of ${own.error.issues[0]?.message ?? ''}`;
    throw refusal(from, expected, JSON.stringify(exports['normalization']));
  }
  return {
    ...studentBy(make as MakeStudent, `module ${from}`, student),
    digest: () => digest,
    normalization: own.data,
  };
}

function studentBy(
  make: MakeStudent,
  where: string,
  { taps = {}, weights = 'fresh', options = {} }: StudentConfig,
): ForeignStudent {
  const build: ForeignStudent['build'] = async (shape, random) => {
    const request: StudentRequest = {
      ...shape,
      seed: random.fork('module').integer(2 ** 31),
      tf: { ...tfCore, ...tfLayers } as StudentRequest['tf'],
    };
    const made: unknown = await call(where, () => make(request, options));
    const { model = made, taps: own = aliasesOf(made) } = (made ?? {}) as Partial<ChangedStudent>;
    if (!isModel(model)) {
      const got = made === undefined ? 'nothing' : typeof made === 'object' ? 'another object' : typeof made;
      throw new DistillError({
        code: 'config',
        where,
        expected: 'a tfjs LayersModel, or { model, taps }',
        got,
      });
    }
    if (used.has(model)) {
      throw new DistillError({
        code: 'config',
        where,
        expected: 'a function that builds a new model on each call',
        got: 'the model from an earlier call',
        hint: 'Build the model inside the function.',
      });
    }
    used.add(model);
    if (weights === 'fresh') seedWeights(model, random);
    return { model, taps: { ...own, ...taps } };
  };
  const digestOnce = async (shape: ModelShape, ofWeights: boolean): Promise<string> => {
    const { model } = await build(shape, createRandom(0));
    if (!ofWeights) model.setWeights(model.getWeights().map((value) => tfCore.zerosLike(value)));
    try {
      return await freeze(createNetwork(model)).fingerprint();
    } finally {
      model.dispose();
    }
  };
  const digest = async (shape: ModelShape): Promise<string> => {
    const [first, second] =
      weights === 'fresh' ? [] : [await digestOnce(shape, true), await digestOnce(shape, true)];
    // Weights that differ on each call, or that the run draws, do not identify the function.
    return first !== undefined && first === second ? first : digestOnce(shape, false);
  };
  return { build, digest };
}

async function call(where: string, make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    const expected = 'a function that builds the student';
    throw new DistillError({ code: 'config', where, expected, got: thrownText(cause), cause });
  }
}

const isModel = (value: unknown): value is LayersModel =>
  typeof value === 'object' && value !== null && 'predict' in value && 'layers' in value;

/** A network's tap names beyond its layer names. */
function aliasesOf(made: unknown): ChangedStudent['taps'] {
  if (typeof made !== 'object' || made === null || !('tapOutput' in made)) return {};
  const { model, tapNames, tapOutput } = made as Network;
  const plain = createNetwork(model);
  const layers = new Map(plain.tapNames.map((name) => [plain.tapOutput(name), name]));
  return Object.fromEntries(
    tapNames
      .filter((name) => !plain.tapNames.includes(name))
      .map((name) => [name, layers.get(tapOutput(name)) ?? name]),
  );
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDistillError, loadModel, seedWeights } from '@distilljs/core';
import type { Random } from '@distilljs/core';
import * as tfCore from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { RunConfig } from '../config/index.js';
import type { ModelShape } from '../model/index.js';
import type { ChangedStudent } from './catalog-entry.js';
import { importModule, refusal } from './foreign-modules.js';

/** What a student's module is given to build one. */
export interface StudentRequest extends ModelShape {
  /** For weights or structure of its own; the weights are drawn anew unless the configuration says `weights: keep`. */
  readonly seed: number;
  /** tfjs-core and tfjs-layers, so that the module needs no import. */
  readonly tf: typeof tfCore & typeof tfLayers;
}

/** A student that is none of the zoo. */
interface ForeignStudent {
  build(shape: ModelShape, random: Random): Promise<ChangedStudent>;
  readonly digest: string;
}

const students = new Map<string, ForeignStudent>();

/** By the name that the run has for it. */
export const foreignStudent = (name: string): ForeignStudent | undefined => students.get(name);

type StudentConfig = RunConfig['student'];

/** Makes the configured student known by its name, where it is none of the zoo. */
export async function loadStudent(student: StudentConfig): Promise<void> {
  const { model, path, from } = student;
  students.delete(model);
  if (path !== undefined) students.set(model, await studentAt(path, student));
  else if (from !== undefined) students.set(model, await studentFrom(from, student));
}

async function studentAt(
  path: string,
  { taps = {}, weights = 'keep' }: StudentConfig,
): Promise<ForeignStudent> {
  // It is loaded for each training: two students must not share weights.
  const read = (): Promise<LayersModel> => loadModel(path);
  (await read()).dispose();
  return {
    digest: await digestOf(path),
    async build(_, random) {
      const model = await read();
      if (weights === 'fresh') seedWeights(model, random);
      return { model, taps };
    },
  };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  if (/^https?:/i.test(path)) return hash.update(path).digest('hex');
  const place = path.replace(/^file:\/\//, '');
  const folder = place.endsWith('model.json') ? dirname(place) : place;
  for (const name of (await readdir(folder)).sort())
    if (/^model\.json$|\.bin$/.test(name)) hash.update(await readFile(join(folder, name)));
  return hash.digest('hex');
}

async function studentFrom(
  from: string,
  { taps = {}, weights = 'fresh', options = {} }: StudentConfig,
): Promise<ForeignStudent> {
  const { exports, digest } = await importModule(from);
  const make = exports['default'];
  if (typeof make !== 'function') {
    const hint = 'Write `export default ({ imageShape, classes, tf }, options) => tf.sequential(…)`.';
    throw refusal(
      from,
      'a default export that builds the student',
      make === undefined ? 'none' : typeof make,
      hint,
    );
  }
  return {
    digest,
    async build(shape, random) {
      const request: StudentRequest = {
        ...shape,
        seed: random.fork('module').integer(2 ** 31),
        tf: { ...tfCore, ...tfLayers } as StudentRequest['tf'],
      };
      const made = await call(
        from,
        make as (request: StudentRequest, options: object) => unknown,
        request,
        options,
      );
      const { model = made, taps: own = {} } = made as Partial<ChangedStudent>;
      if (!isModel(model))
        throw refusal(
          from,
          'a tfjs LayersModel, or { model, taps }',
          typeof made === 'object' ? 'another object' : typeof made,
        );
      if (weights === 'fresh') seedWeights(model, random);
      return { model, taps: { ...own, ...taps } };
    },
  };
}

async function call(
  from: string,
  make: (request: StudentRequest, options: object) => unknown,
  request: StudentRequest,
  options: object,
): Promise<object> {
  try {
    return (await make(request, options)) ?? {};
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw refusal(
      from,
      'a function that builds the student',
      `the error "${line.slice(0, 300)}"`,
      undefined,
      cause,
    );
  }
}

const isModel = (value: unknown): value is LayersModel =>
  typeof value === 'object' && value !== null && 'predict' in value && 'layers' in value;

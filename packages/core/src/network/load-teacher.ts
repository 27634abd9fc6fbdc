import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from '../error/first-line.js';
import { DistillError } from '../error/index.js';
import { WIRING } from '../model-file/check-wiring.js';
import { layersModelOf } from '../model-file/load-model.js';
import type { ModelPlace } from '../model-file/place.js';
import { readArtifacts } from '../model-file/read-artifacts.js';
import type { LoadOptions } from '../model-file/read-artifacts.js';
import { expectKnown, expectOption, listOf, optional, text } from '../option/index.js';
import type { FrozenNetwork } from './contract.js';
import { freeze } from './freeze.js';
import { isGraphModel, wiringProblem } from './graph-model.js';
import type { GraphModelLike } from './graph-model.js';
import { freezeGraphModel } from './graph-teacher.js';
import type { OnnxTeacherOptions } from './onnx-teacher.js';
import { asNetwork, createNetwork } from './network.js';
import type { NetworkLike, NetworkOptions } from './network.js';

/** Anything that can serve as a teacher: a network or model of any kind. */
export type TeacherLike = NetworkLike | FrozenNetwork | GraphModelLike;

/** Information about a teacher that its files lack. */
export interface TeacherOptions extends OnnxTeacherOptions {
  readonly packages?: TeacherPackages | undefined;
}

/**
 * Packages that run models which tfjs-layers cannot. Default: imported by name. A page cannot do that and
 * passes what its bundler imported: `{ 'onnxruntime-web': await import('onnxruntime-web') }`.
 */
export interface TeacherPackages {
  readonly 'onnxruntime-web'?: object | undefined;
  readonly '@tensorflow/tfjs-converter'?: object | undefined;
}

const OPTIONS = ['name', 'taps', 'logitsFrom', 'timeout', 'layout', 'imageShape', 'classNames', 'packages'];

/**
 * Loads a teacher from a folder, a file, a tfjs URL or its files: a layers model; a graph model, which requires
 * `@tensorflow/tfjs-converter`; or an ONNX file (`….onnx`), which requires `onnxruntime-node` or
 * `onnxruntime-web`.
 *
 * @throws DistillError code `data` (see `loadModel`), `network` for a model that cannot serve as a teacher,
 *   `platform` without the required package, `shape` for a wrong number of `classNames`
 */
export async function loadTeacher(place: ModelPlace, options: TeacherOptions = {}): Promise<FrozenNetwork> {
  expectKnown('loadTeacher', options, OPTIONS);
  expectOption('loadTeacher.classNames', options.classNames ?? undefined, optional(listOf(text)));
  const onnx = onnxOf(place);
  if (onnx !== undefined) {
    // Pages without such a teacher do not load what reads it.
    const { loadOnnxTeacher } = await import('./onnx-teacher.js');
    return loadOnnxTeacher(onnx, options, options.packages?.['onnxruntime-web']);
  }
  return named(await loadFromFolder(place, options), options.classNames);
}

/** The place of an ONNX file, first in a list of files; undefined if there is none. */
function onnxOf(place: ModelPlace): ModelPlace | undefined {
  if (typeof place === 'string' || place instanceof URL)
    return /\.onnx(?:[?#]|$)/i.test(String(place)) ? place : undefined;
  // Anything that is no place is refused when it is read.
  const isList: boolean = Array.isArray(place);
  if (!isList) return undefined;
  const main = place.find((file) => /\.onnx$/i.test((file as File | null | undefined)?.name ?? ''));
  return main === undefined ? undefined : [main, ...place.filter((file) => file !== main)];
}

async function loadFromFolder(
  place: ModelPlace,
  options: NetworkOptions & LoadOptions & Pick<TeacherOptions, 'packages'>,
): Promise<FrozenNetwork> {
  const saved = await readArtifacts(place, options);
  const { name, taps, logitsFrom } = options;
  if (!saved.isGraphModel) {
    const model = await layersModelOf(saved);
    const weights = model.weights as unknown as { readonly val: tf.Variable }[];
    // tfjs does not free the weights of a nested model that is used twice.
    const whole = {
      dispose() {
        model.dispose();
        for (const { val } of weights) val.dispose();
      },
    };
    return orDisposed(whole, () => owning(freeze(createNetwork(model, { name, taps, logitsFrom })), whole));
  }
  const { loadGraphModel } =
    (options.packages?.['@tensorflow/tfjs-converter'] as Converter | undefined) ?? (await converter());
  const damaged = (got: string, cause?: unknown): DistillError =>
    new DistillError({
      code: 'data',
      where: saved.where,
      expected: 'a tfjs graph model (model.json and the weight files that it names)',
      got,
      hint: WIRING,
      cause,
    });
  // The converter would leave the weights behind.
  const problem = wiringProblem(saved.artifacts.modelTopology);
  if (problem !== undefined) throw damaged(problem);
  const model = await loadGraphModel(tf.io.fromMemory(saved.artifacts)).catch((cause: unknown) => {
    throw damaged(firstLine(cause), cause);
  });
  return orDisposed(model, () => owning(freezeGraphModel(model, { name, taps, logitsFrom }), model));
}

/** Frees the model if `make` throws. */
function orDisposed<T>(model: { dispose(): void }, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    model.dispose();
    throw cause;
  }
}

/** @throws DistillError code `shape` unless there is one name per logit */
function named(teacher: FrozenNetwork, classNames: readonly string[] | undefined): FrozenNetwork {
  if (classNames === undefined) return teacher;
  if (classNames.length === teacher.classes) return { ...teacher, classNames };
  const where = `teacher '${teacher.name}', classes`;
  const expected = `${teacher.classes} names, one per logit`;
  teacher.dispose();
  throw new DistillError({ code: 'shape', where, expected, got: String(classNames.length) });
}

/** A frozen network whose `dispose` also frees its model. */
const owning = (frozen: FrozenNetwork, model: { dispose(): void }): FrozenNetwork => ({
  ...frozen,
  dispose() {
    frozen.dispose();
    model.dispose();
  },
});

/** Accepts anything that can serve as a teacher, and freezes it if necessary. */
export function asTeacher(given: TeacherLike, where: string): FrozenNetwork {
  if (typeof given === 'object' && (given as unknown) !== null) {
    if ('fingerprint' in given) return given;
    if (isGraphModel(given)) return freezeGraphModel(given);
  }
  return freeze(asNetwork(given as NetworkLike, where));
}

interface Converter {
  readonly loadGraphModel: (handler: tf.io.IOHandler) => Promise<GraphModelLike>;
}

async function converter(): Promise<Converter> {
  // Not a literal: a bundler would fail on an optional package that is not installed.
  const specifier = '@tensorflow/tfjs-converter';
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as Converter;
  } catch (cause) {
    throw new DistillError({
      code: 'platform',
      where: 'loadTeacher',
      expected: `the package ${specifier}, which runs graph models`,
      got: 'none',
      hint: `npm i ${specifier}; in a page import it and pass it in \`packages\`.`,
      cause,
    });
  }
}

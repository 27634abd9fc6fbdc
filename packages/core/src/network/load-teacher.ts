import type { ModelPlace } from '../model-file/place.js';
import { expectKnown, expectOption, listOf, optional, text } from '../option/index.js';
import { expectNamePerLogit } from './class-order.js';
import type { FrozenNetwork } from './contract.js';
import { freeze } from './freeze.js';
import { isGraphModel } from './graph-model.js';
import type { GraphModelLike } from './graph-model.js';
import { freezeGraphModel } from './graph-teacher.js';
import type { OnnxTeacherOptions } from './onnx-teacher.js';
import { asNetwork } from './network.js';
import type { NetworkLike } from './network.js';

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
  // Pages without a saved teacher do not load what reads it.
  if (onnx !== undefined) {
    const { loadOnnxTeacher } = await import('./onnx-teacher.js');
    return loadOnnxTeacher(onnx, options, options.packages?.['onnxruntime-web']);
  }
  const { loadFolderTeacher } = await import('./folder-teacher.js');
  const teacher = await loadFolderTeacher(place, options, options.packages?.['@tensorflow/tfjs-converter']);
  return named(teacher, options.classNames);
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

/** @throws DistillError code `shape` unless there is one name per logit */
function named(teacher: FrozenNetwork, classNames: readonly string[] | undefined): FrozenNetwork {
  if (classNames === undefined) return teacher;
  try {
    expectNamePerLogit('teacher', teacher.name, classNames, teacher.classes);
  } catch (error) {
    teacher.dispose();
    throw error;
  }
  return { ...teacher, classNames };
}

/** Accepts anything that can serve as a teacher, and freezes it if necessary. */
export function asTeacher(given: TeacherLike, where: string): FrozenNetwork {
  if (typeof given === 'object' && (given as unknown) !== null) {
    if ('fingerprint' in given) return given;
    if (isGraphModel(given)) return freezeGraphModel(given);
  }
  return freeze(asNetwork(given as NetworkLike, where));
}

import type { Method, Network, Random } from '@distilljs/core';
import type * as tfCore from '@tensorflow/tfjs-core';
import type * as tfLayers from '@tensorflow/tfjs-layers';
import type { ModelShape } from '../model/index.js';

/** A technique as the bench knows it. */
export interface CatalogEntry {
  readonly name: string;
  readonly summary: string;
  readonly package: string;
  /** Options with their defaults, for `distill-bench list methods`. */
  readonly defaults: object;
  /** True for a method that trains several networks together: its option `networks` says how many. */
  readonly cohort?: boolean;
  /** Builds the network that the method trains from the configured student. */
  readonly student?: (options: object) => StudentChange;
  /** True for a method that trains a network of its own: its accuracy is not comparable with the others'. */
  readonly ownNetwork?: true;
  /** Options come from a configuration: the method's own checks refuse wrong ones. */
  readonly create: (options: object) => Method;
}

/**
 * Builds the network that a method trains from the configured student, whose weights are already drawn. It takes ownership of
 * the student's model. A method with its own architecture draws the weights from `random`.
 */
export type StudentChange = (student: ChangedStudent, shape: ModelShape, random: Random) => ChangedStudent;

/** A model and aliases of its layers. */
export interface ChangedStudent {
  readonly model: tfLayers.LayersModel;
  readonly taps: Readonly<Record<string, string>>;
}

/** What a student-building function receives. */
export interface StudentRequest extends ModelShape {
  /** For the function's own random choices. Weights are redrawn afterwards unless the configuration says `weights: keep`. */
  readonly seed: number;
  /** tfjs-core and tfjs-layers, so that a module needs no import. */
  readonly tf: typeof tfCore & typeof tfLayers;
}

/** A model with one input (images) that ends in logits, with tap names for its layers where methods need them. */
export type MadeStudent = tfLayers.LayersModel | Network | ChangedStudent;

/** Builds a fresh student for each training. */
export type MakeStudent = (
  request: StudentRequest,
  options: Readonly<Record<string, unknown>>,
) => MadeStudent | Promise<MadeStudent>;

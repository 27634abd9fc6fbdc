import { createNetwork, seedWeights } from '@distilljs/core';
import type { Dataset, Network, Random } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { buildModel } from '../model/index.js';
import type { ModelShape } from '../model/index.js';

/**
 * Makes the network that a method trains out of the configured student, whose weights are drawn already; it takes over
 * the student's model. A method that needs an architecture of its own draws its weights from the stream.
 */
export type StudentChange = (student: ChangedStudent, shape: ModelShape, random: Random) => ChangedStudent;

/** A model and aliases of its layers. */
export interface ChangedStudent {
  readonly model: LayersModel;
  readonly taps: Readonly<Record<string, string>>;
}

/** A network of the zoo with weights drawn from a stream, changed as a method needs it. */
export function buildNetwork(
  name: string,
  { imageShape, classes }: Dataset,
  random: Random,
  change: StudentChange = (student) => student,
): Network {
  const built = buildModel(name, { imageShape, classes });
  seedWeights(built.model, random);
  const { model, taps } = change(built, { imageShape, classes }, random.fork('change'));
  return createNetwork(model, { name, taps });
}

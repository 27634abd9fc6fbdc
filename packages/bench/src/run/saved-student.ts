import { createRandom, isDistillError, loadModel } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { registerHme } from '@distilljs/vam';
import type { RunConfig } from '../config/index.js';
import type { ModelShape } from '../model/index.js';
import { foreignStudent, loadStudent } from './foreign-students.js';

/**
 * Loads a saved student of a run. tfjs reads only layers that are registered: KDExplainer's are, and those of the run's student module
 * once the module has built a student.
 *
 * @param place the model's folder
 * @throws DistillError code `network` for a model that tfjs cannot read
 */
export async function loadSavedStudent(
  place: string,
  { student }: RunConfig,
  { imageShape, classes }: ModelShape,
): Promise<LayersModel> {
  registerHme();
  try {
    return await loadModel(place);
  } catch (error) {
    if (student.from === undefined || !isDistillError(error)) throw error;
  }
  await loadStudent(student);
  const built = await foreignStudent(student.model)?.build({ imageShape, classes }, createRandom(0));
  built?.model.dispose();
  return loadModel(place);
}

import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { topologyProblem } from './check-topology.js';
import { finiteProblem } from './check-weights.js';
import { orUnreadable, readArtifacts, unreadable } from './read-artifacts.js';
import type { LoadOptions, SavedModel } from './read-artifacts.js';

/**
 * Loads a layers model from a folder (a path, a `file:` URL, also that of its `model.json`) or a tfjs URL. Its graph is
 * checked before tfjs builds it, its weights are all there and finite.
 *
 * @throws DistillError code `data` for anything else, saying what it is and what to do: a graph model, a model of
 * Keras 3, a class that tfjs-layers has not, a damaged file, a server that does not answer
 */
export async function loadModel(place: string | URL, options: LoadOptions = {}): Promise<LayersModel> {
  return layersModelOf(await readArtifacts(place, options));
}

/** Builds a layers model of what was read. */
export async function layersModelOf({ where, artifacts, isGraphModel }: SavedModel): Promise<LayersModel> {
  const problem = isGraphModel ? GRAPH_MODEL : topologyProblem(artifacts.modelTopology);
  if (problem !== undefined) throw unreadable(where, problem);
  const model = await orUnreadable(where, () => loadLayersModel(tf.io.fromMemory(artifacts)));
  const weights = model.weights as unknown as { readonly originalName: string; readonly val: tf.Tensor }[];
  const broken = await finiteProblem(
    weights.map(({ originalName, val }) => ({ name: originalName, values: val })),
  );
  if (broken === undefined) return model;
  model.dispose();
  throw unreadable(where, broken);
}

const GRAPH_MODEL = {
  got: 'a graph model, which has no layers that could be trained',
  hint: 'A graph model can be a teacher: load it with loadTeacher, or convert the model as tfjs_layers_model.',
};

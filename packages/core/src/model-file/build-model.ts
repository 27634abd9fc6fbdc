import * as tf from '@tensorflow/tfjs-core';
import { layers, models } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { topologyProblem, unbuilt } from './check-topology.js';
import { finiteProblem } from './check-weights.js';
import type { SavedModel } from './read-artifacts.js';
import { inTfjsWords } from './tfjs-words.js';
import { orUnreadable, unreadable } from './unreadable.js';

/** Builds a layers model from artifacts. */
export async function layersModelOf({ where, artifacts, isGraphModel }: SavedModel): Promise<LayersModel> {
  if (isGraphModel) throw unreadable(where, GRAPH_MODEL);
  // A topology that is nested too deeply overflows the stack.
  const modelTopology = await orUnreadable(where, () => inTfjsWords(artifacts));
  const problem = topologyProblem(modelTopology);
  if (problem !== undefined) throw unreadable(where, problem);
  const model = await orUnreadable(
    where,
    () => built({ ...artifacts, modelTopology }),
    () => unbuilt(modelTopology),
  );
  const weights = model.weights as unknown as { readonly originalName: string; readonly val: tf.Tensor }[];
  const broken = await finiteProblem(
    weights.map(({ originalName, val }) => ({ name: originalName, values: val })),
  );
  if (broken === undefined) return model;
  model.dispose();
  throw unreadable(where, broken);
}

/** Builds like tfjs's own loader, but frees the variables of a model that turns out not to be buildable. */
async function built({
  modelTopology,
  weightData = [],
  weightSpecs = [],
  userDefinedMetadata,
}: tf.io.ModelArtifacts): Promise<LayersModel> {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  // tfjs writes the name gelu_new but looks it up as geluNew.
  classNameMap['geluNew'] ??= classNameMap['gelu_new'] as (typeof classNameMap)[string];
  const { registeredVariables } = tf.engine();
  const before = new Set(Object.keys(registeredVariables));
  let building: Promise<LayersModel> | undefined;
  // This runs synchronously: every new variable belongs to this model.
  tf.tidy(() => {
    building = models.modelFromJSON({ modelTopology: modelTopology as never });
  });
  const own = Object.values(registeredVariables).filter(({ name }) => !before.has(name));
  try {
    const model = (await building) as LayersModel;
    // tfjs would apply the constraints to the loaded weights.
    const constrained = model.weights as unknown as { constraint?: unknown }[];
    const constraints = constrained.map(({ constraint }) => constraint);
    for (const weight of constrained) weight.constraint = undefined;
    tf.tidy(() => {
      model.loadWeights(
        tf.io.decodeWeights(
          weightData,
          weightSpecs.filter(({ group }) => group !== 'optimizer'),
        ),
      );
    });
    constrained.forEach((weight, at) => (weight.constraint = constraints[at]));
    keepActivations(model.layers);
    if (userDefinedMetadata !== undefined) model.setUserDefinedMetadata(userDefinedMetadata);
    return model;
  } catch (error) {
    for (const variable of own) variable.dispose();
    throw error;
  }
}

/**
 * For an activation that is a layer, tfjs saves only its class name, which it cannot read: add the
 * configuration.
 */
function keepActivations(all: readonly layers.Layer[]): void {
  for (const layer of all) {
    const { activation, layers: inner, layer: wrapped } = layer as layers.Layer & Partial<Parts>;
    if (activation instanceof layers.Layer) {
      const config = layer.getConfig.bind(layer);
      const saved = { className: activation.getClassName(), config: activation.getConfig() };
      layer.getConfig = () => ({ ...config(), activation: saved });
    }
    keepActivations([...(inner ?? []), ...(wrapped instanceof layers.Layer ? [wrapped] : [])]);
  }
}

interface Parts {
  readonly activation: unknown;
  readonly layers: readonly layers.Layer[];
  readonly layer: unknown;
}

const GRAPH_MODEL = {
  got: 'a graph model, which has no trainable layers',
  hint: 'Load it with loadTeacher, or convert it as tfjs_layers_model.',
};

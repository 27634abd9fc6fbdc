import * as tf from '@tensorflow/tfjs-core';
import type { layers, LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '@distilljs/core';
import { isModel, walkLayers } from './walk-layers.js';

type Layer = layers.Layer;

/** A layer's replacement. */
export interface Replacement {
  readonly className: string;
  readonly config: tf.serialization.ConfigDict;
  /** Weights in the order of the new layer's. Called inside `tf.tidy`. */
  weights(): readonly tf.Tensor[];
}

interface Entry {
  className: string;
  config: tf.serialization.ConfigDict & { layers?: Entry[] };
}
type Rebuildable = (new (...args: never[]) => LayersModel) & {
  fromConfig(of: Rebuildable, from: tf.serialization.ConfigDict): LayersModel;
};

/**
 * A copy of a model in which some layers are replaced: the same graph, names, frozen parts and metadata, but separate
 * weights. The model is unchanged.
 *
 * @param replace the replacement of a layer, which also gets its path; undefined keeps the layer
 * @throws DistillError code `network` when the model has layers that tfjs cannot create from their configuration
 */
export function rebuildModel(
  model: LayersModel,
  replace: (layer: Layer, path: string) => Replacement | undefined,
): LayersModel {
  const replacements = new Map<string, Replacement>();
  const before = new Map<string, Layer>();
  for (const { path, layer } of walkLayers(model)) {
    const replacement = replace(layer, path);
    before.set(path, layer);
    if (replacement !== undefined) replacements.set(path, replacement);
  }
  const rewrite = (entries: readonly Entry[], prefix: string): void => {
    for (const entry of entries) {
      const path = `${prefix}${entry.config['name'] as string}`;
      if (entry.config.layers !== undefined) rewrite(entry.config.layers, `${path}/`);
      const replacement = replacements.get(path);
      if (replacement === undefined) continue;
      // Wiring and input shape stay those of the old layer.
      const { batchInputShape } = entry.config;
      entry.className = replacement.className;
      entry.config = {
        ...replacement.config,
        ...(batchInputShape !== undefined && { batchInputShape }),
      };
    }
  };
  const config = structuredClone(model.getConfig()) as Entry['config'];
  rewrite(config.layers ?? [], '');
  const kind = model.constructor as Rebuildable;
  const made: { model?: LayersModel } = {};
  tf.tidy(() => {
    const copy = madeFrom(config, kind, model.name);
    for (const { path, layer } of walkLayers(copy)) {
      const weights = replacements.get(path)?.weights() ?? before.get(path)?.getWeights() ?? [];
      layer.setWeights([...weights]);
    }
    keepFrozen(copy, model);
    const metadata = model.getUserDefinedMetadata() as object | undefined;
    if (metadata !== undefined) copy.setUserDefinedMetadata({ ...metadata });
    made.model = copy;
  });
  return made.model as LayersModel;
}

/** Freezes the copies of frozen models: their configuration does not tell. */
function keepFrozen(copy: LayersModel, model: LayersModel): void {
  if (!model.trainable) copy.trainable = false;
  for (const layer of model.layers) {
    const own = copy.getLayer(layer.name);
    if (isModel(layer) && isModel(own)) keepFrozen(own, layer);
  }
}

function madeFrom(config: tf.serialization.ConfigDict, kind: Rebuildable, name: string): LayersModel {
  try {
    return kind.fromConfig(kind, config);
  } catch (cause) {
    throw new DistillError({
      code: 'network',
      where: `model '${name}'`,
      expected: 'layers that can be rebuilt from their configuration',
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'Register their classes with tf.serialization.registerClass, and those of this package with registerHme() and registerVamConv2D().',
      cause,
    });
  }
}

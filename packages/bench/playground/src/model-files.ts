import { loadModel } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ModelFiles } from './types.js';

const WEIGHTS = 'weights.bin';

/** A model on its way between threads, as files. */
export function filesOf({
  modelTopology,
  weightSpecs = [],
  weightData,
  format,
  generatedBy,
  convertedBy,
  userDefinedMetadata,
}: tf.io.ModelArtifacts): ModelFiles {
  const weightsManifest = [{ paths: [WEIGHTS], weights: weightSpecs }];
  const json = { format, generatedBy, convertedBy, userDefinedMetadata, modelTopology, weightsManifest };
  const joined = tf.io.CompositeArrayBuffer.join(weightData ?? new ArrayBuffer(0));
  return { json: JSON.stringify(json), weights: new Uint8Array(joined) };
}

const SCHEME = 'files://';
const opened = new Map<string, ModelFiles>();
tf.io.registerLoadRouter((url) => {
  const files = opened.get(String(url));
  return files === undefined ? (null as never) : { load: () => artifactsIn(files) };
});

async function artifactsIn({ json, weights }: ModelFiles): Promise<tf.io.ModelArtifacts> {
  const read = JSON.parse(json) as tf.io.ModelJSON;
  return tf.io.getModelArtifactsForJSON(read, (manifest) =>
    Promise.resolve([manifest.flatMap((group) => group.weights), weights.slice().buffer]),
  );
}

/**
 * Loads a model of the page by core's `loadModel`, with all of its checks.
 *
 * @throws DistillError code `data`
 */
export async function openModel(name: string, files: ModelFiles): Promise<LayersModel> {
  const place = `${SCHEME}${name}/model.json`;
  opened.set(place, files);
  try {
    return await loadModel(place);
  } finally {
    opened.delete(place);
  }
}

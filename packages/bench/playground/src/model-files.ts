import { DistillError, loadModel } from '@distilljs/core';
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

/**
 * Files that somebody dropped, as a model: one `model.json` and every weight file that it names.
 *
 * @throws DistillError code `data`, naming what is missing
 */
export async function droppedModel(dropped: readonly File[]): Promise<ModelFiles> {
  const refuse = (got: string, hint: string): never => {
    throw new DistillError({
      code: 'data',
      where: 'teacher',
      expected: 'the files of a tfjs layers model: model.json and the weight files that it names',
      got,
      hint,
    });
  };
  const names = dropped.map(({ name }) => name);
  const main =
    dropped.find(({ name }) => name === 'model.json') ?? dropped.find(({ name }) => name.endsWith('.json'));
  if (main === undefined) return refuse(names.slice(0, 5).join(', ') || 'no files', HOW);
  const json = await main.text();
  const manifest = manifestIn(json);
  if (manifest === undefined) return refuse(`${main.name} without a list of weights`, HOW);
  const parts: Blob[] = [];
  for (const path of manifest) {
    const base = path.split('/').at(-1);
    const file = dropped.find(({ name }) => name === base);
    if (file === undefined)
      return refuse(`no file ${base}`, 'Drop the whole folder, or select all of its files.');
    parts.push(file);
  }
  return { json, weights: new Uint8Array(await new Blob(parts).arrayBuffer()) };
}

const HOW =
  'Save a model with `model.save`, or convert a Keras model with tensorflowjs_converter to tfjs_layers_model.';

function manifestIn(json: string): readonly string[] | undefined {
  try {
    const { weightsManifest } = JSON.parse(json) as Partial<tf.io.ModelJSON>;
    return weightsManifest?.flatMap(({ paths }) => paths);
  } catch {
    return undefined;
  }
}

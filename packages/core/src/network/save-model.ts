import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';

const FILE = 'file://';

/**
 * Saves a model to a tfjs URL (`indexeddb://…`, `downloads://…`, `http://…`), or to a folder as `file://DIR`.
 *
 * tfjs knows `file://` only when tfjs-node is loaded; here it works in Node on every engine, in tfjs's own format
 * (`model.json`, `weights.bin`).
 */
export async function saveModel(model: LayersModel, url: string): Promise<void> {
  await model.save(url.startsWith(FILE) ? folderHandler(url.slice(FILE.length)) : url);
}

/**
 * Loads a model from a tfjs URL or from the folder `file://DIR` (also `file://DIR/model.json`).
 * @throws DistillError code `data` when the folder holds no tfjs layers model
 */
export async function loadModel(url: string): Promise<LayersModel> {
  if (!url.startsWith(FILE)) return loadLayersModel(url);
  const folder = url.slice(FILE.length).replace(/\/model\.json$/, '');
  const handler = folderHandler(folder);
  try {
    return await loadLayersModel(handler);
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: `${folder}/model.json`,
      expected: 'a tfjs layers model (model.json and the weight files that it names)',
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'Save one with `network.save("file://DIR")` or `model.save`.',
      cause,
    });
  }
}

function folderHandler(folder: string): tf.io.IOHandler {
  const fs = nodeModule('node:fs/promises', `models under ${FILE}`);
  const path = nodeModule('node:path', `models under ${FILE}`);
  return {
    async save(artifacts) {
      const weights = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
      const manifest = [{ paths: ['weights.bin'], weights: artifacts.weightSpecs ?? [] }];
      const { modelTopology, format, generatedBy, convertedBy } = artifacts;
      await fs.mkdir(folder, { recursive: true });
      await fs.writeFile(path.join(folder, 'weights.bin'), new Uint8Array(weights));
      const json = { modelTopology, format, generatedBy, convertedBy, weightsManifest: manifest };
      await fs.writeFile(path.join(folder, 'model.json'), JSON.stringify(json));
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    },
    async load() {
      const text = await fs.readFile(path.join(folder, 'model.json'), 'utf8');
      const json = JSON.parse(text) as tf.io.ModelJSON;
      return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
        const paths = manifest.flatMap((group) => group.paths);
        const parts = await Promise.all(paths.map((file) => fs.readFile(path.join(folder, file))));
        const buffers = parts.map((part) => new Uint8Array(part).buffer);
        return [manifest.flatMap((group) => group.weights), tf.io.CompositeArrayBuffer.join(buffers)];
      });
    },
  };
}

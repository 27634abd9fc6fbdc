import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { describeValue, DistillError } from '../error/index.js';
import { asDistillError, firstLine } from '../error/first-line.js';
import { expectOption } from '../option/index.js';
import { nodeModule } from '../platform/node-module.js';
import { givenPath } from '../platform/path.js';
import { makeFolder, syncFolder, writeWhole } from '../platform/write-whole.js';
import { expectModel } from './expect-model.js';
import { IN_FOLDERS, placeOf } from './place.js';
import { inTfjsWords, keepFrozen } from './tfjs-words.js';

const WEIGHTS = 'weights.bin';
const NEXT_WEIGHTS = 'weights-next.bin';

/**
 * Saves a model to a folder (a path or a `file:` URL, in Node on every engine) in tfjs's own format (`model.json`,
 * `weights.bin`), or to a tfjs URL (`indexeddb://NAME`, `downloads://NAME`, `https://…`).
 *
 * A model in a folder is replaced atomically and flushed to disk: until the new one is complete, `model.json`
 * names the old weights.
 * @throws DistillError code `data` if the place cannot be written, `option` for anything but a model,
 *   `platform` for downloads outside a page
 */
export async function saveModel(model: LayersModel, place: string | URL): Promise<void> {
  const given = model as Partial<LayersModel> | null | undefined;
  if (typeof given?.save !== 'function' || 'forward' in given) {
    const isNetwork = typeof given === 'object' && given !== null && 'forward' in given;
    const hint = isNetwork ? 'Write `network.save(place)`.' : undefined;
    const got = isNetwork ? 'a network' : describeValue(model);
    throw new DistillError({ code: 'option', where: 'saveModel', expected: 'a tfjs LayersModel', got, hint });
  }
  const to = placeOf(place);
  if ('url' in to && to.url.startsWith('downloads://') && !('document' in globalThis)) {
    throw new DistillError({
      code: 'platform',
      where: to.url,
      expected: 'a page, for downloads',
      got: 'a platform without documents',
      hint: 'Post `await modelFiles(model)` to the page, or save to indexeddb://NAME.',
    });
  }
  const write =
    'url' in to ? urlWriter(to.url) : (all: tf.io.ModelArtifacts) => saveArtifacts(all, to.folder);
  await model.save({ save: (artifacts) => write(complete(model, artifacts)) });
}

/** How tfjs writes artifacts to a URL. */
function urlWriter(url: string): (artifacts: tf.io.ModelArtifacts) => Promise<tf.io.SaveResult> {
  const refused = (cause: unknown): DistillError =>
    asDistillError(cause, {
      code: 'data',
      where: url,
      expected: 'a place where models can be saved',
      hint: 'Check the address, and that something answers.',
    });
  const [handler] = tf.io.getSaveHandlers(url);
  if (handler?.save === undefined) throw refused(new Error('no way to save to such an address'));
  const { save } = handler;
  return (artifacts) =>
    save.call(handler, artifacts).catch((cause: unknown) => {
      throw refused(cause);
    });
}

/**
 * A model as the two files `model.json` and `weights.bin`: for a worker, which cannot download, or for a custom
 * upload.
 *
 * @returns two `File` objects
 */
export async function modelFiles(model: LayersModel): Promise<readonly [model: File, weights: File]> {
  expectModel(model, 'modelFiles');
  const artifacts = await modelArtifacts(model);
  const json = JSON.stringify(jsonOf(artifacts, WEIGHTS));
  return [
    new File([json], 'model.json', { type: 'application/json' }),
    new File([artifacts.weightData], WEIGHTS, { type: 'application/octet-stream' }),
  ];
}

/**
 * A model as tfjs's `io.fromMemory` takes it, made of plain values that can be sent between threads, and complete:
 * `model.save` leaves out what separable convolutions and frozen models inside it need.
 */
export async function modelArtifacts(model: LayersModel): Promise<PlainArtifacts> {
  expectModel(model, 'modelArtifacts');
  let plain: PlainArtifacts | undefined;
  await model.save({
    save: (artifacts) => {
      const weightData = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
      const json = JSON.stringify({ ...complete(model, artifacts), weightData: undefined });
      plain = { ...(JSON.parse(json) as tf.io.ModelArtifacts), weightData };
      return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
    },
  });
  return plain as PlainArtifacts;
}

/** Adds what tfjs forgets to write but needs to read the model again. */
function complete(model: LayersModel, artifacts: tf.io.ModelArtifacts): tf.io.ModelArtifacts {
  const modelTopology = inTfjsWords(artifacts);
  keepFrozen(model, modelTopology);
  return { ...artifacts, modelTopology };
}

/** Artifacts with their weights in one buffer. */
export interface PlainArtifacts extends tf.io.ModelArtifacts {
  weightData: ArrayBuffer;
}

/** The content of `model.json`; `weights` is the name of the weight file beside it. */
function jsonOf(artifacts: tf.io.ModelArtifacts, weights: string): object {
  const {
    modelTopology,
    format,
    generatedBy,
    convertedBy,
    userDefinedMetadata,
    weightSpecs = [],
  } = artifacts;
  const weightsManifest = [{ paths: [weights], weights: weightSpecs }];
  return { format, generatedBy, convertedBy, userDefinedMetadata, modelTopology, weightsManifest };
}

/**
 * Writes the artifacts of a tfjs save handler (topology, weights, metadata) to a folder, as {@link saveModel}
 * does (Node). For artifacts that were changed before saving, e.g. quantized.
 *
 * @throws DistillError code `data` if the folder cannot be written, `option` for wrong arguments
 */
export async function saveArtifacts(
  artifacts: tf.io.ModelArtifacts,
  folder: string,
): Promise<tf.io.SaveResult> {
  const fs = nodeModule('node:fs/promises', IN_FOLDERS);
  const path = nodeModule('node:path', IN_FOLDERS);
  const { weightData } = Object(artifacts) as Partial<tf.io.ModelArtifacts>;
  expectOption('saveArtifacts, weightData', weightData, (data) =>
    [data].flat().every((part) => part instanceof ArrayBuffer)
      ? undefined
      : 'an ArrayBuffer, or a list of them',
  );
  givenPath('saveArtifacts, folder', folder);
  const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
  const write = async (weights: string): Promise<void> => {
    await writeWhole(path.join(folder, weights), bytes);
    await writeWhole(path.join(folder, 'model.json'), JSON.stringify(jsonOf(artifacts, weights)));
  };
  try {
    makeFolder(folder);
    const before = await fs.readdir(folder);
    // The old model.json must keep its weights: write the new ones under another name until it is replaced.
    const isNext = before.includes('model.json') && (await namesNext(path.join(folder, 'model.json')));
    if (before.includes(WEIGHTS) && !isNext) await write(NEXT_WEIGHTS);
    await write(WEIGHTS);
    await fs.rm(path.join(folder, NEXT_WEIGHTS), { force: true });
    await syncFolder(path.dirname(path.resolve(folder)));
  } catch (cause) {
    throw new DistillError({
      code: 'data',
      where: folder,
      expected: 'a folder that a model can be written to',
      got: firstLine(cause),
      hint: 'Check the path, its permissions and the space on the disk; an earlier model is unchanged.',
      cause,
    });
  }
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
}

/** True if a crash left a model whose weights still have the temporary name. */
async function namesNext(file: string): Promise<boolean> {
  const fs = nodeModule('node:fs/promises', IN_FOLDERS);
  const isFile = (await fs.stat(file)).isFile();
  return isFile && (await fs.readFile(file, 'utf8')).includes(`"${NEXT_WEIGHTS}"`);
}

import * as tf from '@tensorflow/tfjs-core';
import { describeValue, DistillError, isDistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import type { Problem } from './check-topology.js';
import { sizeProblem } from './check-weights.js';
import { IN_FOLDERS, placeOf } from './place.js';

/** A saved model, read and of the right sizes. */
export interface SavedModel {
  /** The file or URL, for messages. */
  readonly where: string;
  readonly artifacts: tf.io.ModelArtifacts;
  readonly isGraphModel: boolean;
}

export interface LoadOptions {
  /** Seconds without a byte after which a server is given up. Default 30. */
  readonly timeout?: number | undefined;
}

/** Longer is no model's topology; reading one would fill the memory. */
const LONGEST_JSON = 512 * 1024 * 1024;

/**
 * Reads a saved model from a folder or a tfjs URL: `model.json` and its weights, of exactly the listed size.
 *
 * @throws DistillError code `data`, naming the file and what is wrong with it
 */
export async function readArtifacts(
  place: string | URL,
  { timeout = 30 }: LoadOptions = {},
): Promise<SavedModel> {
  const from = placeOf(place);
  const where = 'url' in from ? from.url : `${from.folder.replace(/[\\/]$/, '')}/model.json`;
  const artifacts = await orUnreadable(where, () =>
    'url' in from ? fromUrl(where, from.url, timeout) : fromFolder(where, from.folder),
  );
  const { modelTopology, weightSpecs = [], weightData, format } = artifacts;
  // The file may hold anything in its place.
  const topology: unknown = modelTopology;
  const isGraph = typeof topology === 'object' && topology !== null && 'node' in topology;
  const isGraphModel = format === 'graph-model' || isGraph;
  if (weightData === undefined) throw unreadable(where, NO_WEIGHTS);
  const bytes = tf.io.CompositeArrayBuffer.join(weightData).byteLength;
  const problem = sizeProblem(weightSpecs, bytes);
  if (problem !== undefined && !hasStrings(weightSpecs)) throw unreadable(where, problem);
  return { where, artifacts, isGraphModel };
}

const NO_WEIGHTS: Problem = {
  got: 'no list of weights (weightsManifest): tfjs would draw them at random',
  hint: 'Save the model with its weights.',
};

/** Graph models may carry strings, whose length no list tells. */
const hasStrings = (specs: readonly tf.io.WeightsManifestEntry[]): boolean =>
  specs.some(({ dtype }) => dtype === 'string');

/** The one error of everything that is wrong with a saved model. */
export function unreadable(
  where: string,
  { got, hint }: Problem,
  cause: unknown = new Error(got),
): DistillError {
  const expected = 'a tfjs layers model (model.json and the weight files that it names)';
  return new DistillError({ code: 'data', where, expected, got, hint, cause });
}

/** Runs what may throw anything, and gives its error the model's place. */
export async function orUnreadable<T>(where: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    throw unreadable(
      where,
      { got: reasonOf(cause), hint: 'Save one with `network.save(DIR)` or `model.save`.' },
      cause,
    );
  }
}

/** The first line of what tfjs says; a slip of its own code over a damaged file says nothing to a user. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [line = ''] = cause.message.split('\n');
  const isSlip =
    cause instanceof TypeError || cause instanceof RangeError || /\[object |undefined/.test(line);
  return isSlip ? 'one whose layers do not have the form that tfjs saves' : line.slice(0, 500);
}

async function fromFolder(where: string, folder: string): Promise<tf.io.ModelArtifacts> {
  const fs = nodeModule('node:fs/promises', IN_FOLDERS);
  const path = nodeModule('node:path', IN_FOLDERS);
  const sizeOf = async (file: string): Promise<number> => {
    const found = await fs.stat(file);
    if (found.isFile()) return found.size;
    throw unreadable(where, {
      got: `${file}, which is no regular file`,
      hint: 'Name the folder of a saved model.',
    });
  };
  const main = path.join(folder, 'model.json');
  if ((await sizeOf(main)) > LONGEST_JSON)
    throw unreadable(where, { got: 'a model.json of more than 512 MiB', hint: 'It is none of a model.' });
  const json = JSON.parse(await fs.readFile(main, 'utf8')) as tf.io.ModelJSON | null;
  if (json === null || typeof json !== 'object' || !Array.isArray(json.weightsManifest))
    throw unreadable(where, NO_WEIGHTS);
  return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap((group) => group.weights);
    const files = manifest
      .flatMap((group) => group.paths)
      .map((file) => path.join(folder, inside(where, file)));
    // Before anything is read: a device has no end, and a wrong size no use.
    const sizes = await Promise.all(files.map(sizeOf));
    const problem = sizeProblem(
      specs,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    if (problem !== undefined && !hasStrings(specs)) throw unreadable(where, problem);
    const parts = await Promise.all(files.map((file) => fs.readFile(file)));
    const buffers = parts.map((part) => new Uint8Array(part).buffer);
    return [specs, tf.io.CompositeArrayBuffer.join(buffers)];
  });
}

/** A path of a manifest, which names files of the model's own folder and no others. */
function inside(where: string, file: unknown): string {
  const parts = typeof file === 'string' ? file.split(/[\\/]/) : ['..'];
  if (!parts.includes('..') && parts[0] !== '' && !/^[a-z]:|\0/i.test(parts[0] ?? '')) return parts.join('/');
  throw unreadable(where, {
    got: `the weight file ${typeof file === 'string' ? `'${file}'` : describeValue(file)}, outside the model's folder`,
    hint: 'Put the weight files beside model.json and name them so in weightsManifest.',
  });
}

/** A file in the folder of a model.json's URL, asked for with the same query. */
function beside(url: string, file: string): string {
  const [, folder = '', query = ''] = /^([^?#]*\/)?[^?#]*(\?[^#]*)?/.exec(url) ?? [];
  return `${folder}${file}${query}`;
}

async function fromUrl(where: string, url: string, timeout: number): Promise<tf.io.ModelArtifacts> {
  const isHttp = /^https?:/i.test(url);
  const web: tf.io.LoadOptions = {
    fetchFunc: patientFetch(timeout),
    weightUrlConverter: (file) => Promise.resolve(beside(url, inside(where, file))),
  };
  const handler = isHttp
    ? tf.io.http(url, web)
    : (tf.io.getLoadHandlers(url)[0] ?? tf.io.browserHTTPRequest(url, web));
  if (handler.load !== undefined) return handler.load();
  throw unreadable(where, { got: 'a place that tfjs cannot load from', hint: 'Name a folder or a URL.' });
}

/** Weights beyond this fit into no array. */
const LONGEST_BODY = 2 ** 32;

/** `fetch` that gives up when the server sends nothing for a while, within the body too, or more than any model has. */
export function patientFetch(seconds: number): typeof fetch {
  return async (input, init) => {
    const controller = new AbortController();
    const giveUp = (): void => {
      controller.abort(new Error(`the server sent nothing for ${seconds} seconds`));
    };
    let timer = setTimeout(giveUp, seconds * 1000);
    try {
      const response = await fetch(input, { ...init, signal: controller.signal });
      const parts: Uint8Array[] = [];
      let size = 0;
      const most = /\.json(?:[?#]|$)/.test(input instanceof Request ? input.url : String(input))
        ? LONGEST_JSON
        : LONGEST_BODY;
      const expectSize = (bytes: number): void => {
        if (bytes > most) controller.abort(new Error(`the server sends more than ${most / 2 ** 20} MiB`));
      };
      expectSize(Number(response.headers.get('content-length')));
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, seconds * 1000);
        parts.push(part.value);
        size += part.value.byteLength;
        expectSize(size);
      }
      const { status, statusText, headers } = response;
      return new Response(new Blob(parts as BlobPart[]), { status, statusText, headers });
    } finally {
      clearTimeout(timer);
    }
  };
}

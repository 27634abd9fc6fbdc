import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from '../error/first-line.js';
import { expectOption, positive } from '../option/index.js';
import type { Problem } from './check-wiring.js';
import { sizeProblem } from './check-weights.js';
import { diskFolder, givenFolder, MAIN } from './model-folder.js';
import type { ModelFolder } from './model-folder.js';
import { placeOf } from './place.js';
import type { ModelPlace } from './place.js';
import { inside, orUnreadable, unreadable } from './unreadable.js';

/** A saved model that has been read and whose sizes match. */
export interface SavedModel {
  /** The file or URL, for messages. */
  readonly where: string;
  readonly artifacts: tf.io.ModelArtifacts;
  readonly isGraphModel: boolean;
}

export interface LoadOptions {
  /** Give up on a server after this many seconds without data. Default 30. */
  readonly timeout?: number | undefined;
}

/** No topology is longer, and reading such a file would exhaust memory. */
const LONGEST_JSON = 512 * 1024 * 1024;

/**
 * Reads a saved model from a folder, a tfjs URL or given files: `model.json` and its weights, of exactly the listed size.
 *
 * @throws DistillError code `data`, naming the file and what is wrong with it
 */
export async function readArtifacts(
  place: ModelPlace,
  { timeout = 30 }: LoadOptions = {},
): Promise<SavedModel> {
  expectOption('timeout', timeout, positive);
  const from = placeOf(place);
  const folder =
    'url' in from ? undefined : 'files' in from ? givenFolder(from.files) : diskFolder(from.folder);
  const where = 'url' in from ? from.url : (folder as ModelFolder).where;
  const artifacts = await orUnreadable(where, () =>
    'url' in from ? fromUrl(where, from.url, timeout) : fromFolder(folder as ModelFolder),
  );
  const { modelTopology, weightSpecs = [], weightData, format } = artifacts;
  // The file may hold anything here.
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
  got: 'no list of weights (weightsManifest): tfjs would initialize them at random',
  hint: 'Save the model with its weights.',
};

/** Graph models may contain strings, whose length the manifest does not give. */
const hasStrings = (specs: readonly tf.io.WeightsManifestEntry[]): boolean =>
  specs.some(({ dtype }) => dtype === 'string');

async function fromFolder({ where, sizeOf, read }: ModelFolder): Promise<tf.io.ModelArtifacts> {
  if ((await sizeOf(MAIN)) > LONGEST_JSON)
    throw unreadable(where, {
      got: 'a model.json of more than 512 MiB',
      hint: 'Check the path: this file does not belong to a model.',
    });
  const json = parsed(where, await read(MAIN)) as tf.io.ModelJSON | null;
  if (json === null || typeof json !== 'object' || !Array.isArray(json.weightsManifest))
    throw unreadable(where, NO_WEIGHTS);
  return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const specs = manifest.flatMap((group) => group.weights);
    const files = manifest.flatMap((group) => group.paths).map((file) => inside(where, file));
    // Check before reading: a device file never ends, and weights of a wrong size are useless.
    const sizes = await Promise.all(files.map(sizeOf));
    const problem = sizeProblem(
      specs,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    if (problem !== undefined && !hasStrings(specs)) throw unreadable(where, problem);
    const parts = await Promise.all(files.map(read));
    const buffers = parts.map((part) => part.slice().buffer);
    return [specs, tf.io.CompositeArrayBuffer.join(buffers)];
  });
}

/** Files often found in place of a model.json, recognized by how they begin. */
const OTHER_FILES: readonly (readonly [RegExp, got: string, hint: string])[] = [
  [
    /^\x89HDF/,
    'a Keras file (.h5)',
    'Convert it: `tensorflowjs_converter --input_format keras FILE FOLDER`.',
  ],
  [/^PK/, 'a zip archive, such as a .keras file', 'Convert it with tensorflowjs_converter, or unpack it.'],
  [/^\s*</, 'a web page', 'Download the file itself: the address gave a page about it.'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS', 'Fetch the file itself: `git lfs pull`.'],
  [/^\s*$/, 'an empty file', 'Copy or convert the model again.'],
];

function parsed(where: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const start = new TextDecoder('latin1').decode(bytes.slice(0, 100));
    const other = OTHER_FILES.find(([begins]) => begins.test(start));
    if (other === undefined) throw cause;
    const [, got, hint] = other;
    throw unreadable(where, { got, hint }, cause);
  }
}

/** The URL of a file beside a model.json's URL, with the same query. */
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

/** Larger weights do not fit into one array. */
const LONGEST_BODY = 2 ** 32;

/**
 * A `fetch` that aborts if the server sends nothing for a while, even within the body, or sends too much for a
 * model.
 */
export function patientFetch(seconds: number): typeof fetch {
  return async (input, init) => {
    const controller = new AbortController();
    const giveUp = (): void => {
      controller.abort(new Error(`the server sent nothing for ${seconds} seconds`));
    };
    let timer = setTimeout(giveUp, seconds * 1000);
    try {
      const response = await fetch(input, { ...init, signal: controller.signal }).catch((cause: unknown) => {
        // A TypeError is how fetch reports that there is no answer.
        if (!(cause instanceof TypeError)) throw cause;
        const { cause: inner = cause } = cause;
        throw new Error(`no answer from that address (${firstLine(inner)})`, { cause });
      });
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

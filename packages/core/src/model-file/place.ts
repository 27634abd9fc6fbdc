import { describeValue, DistillError } from '../error/index.js';
import { isNode } from '../platform/node-module.js';
import { expectNoTilde, isPathText, pathOfUrl } from '../platform/path.js';

/**
 * Where a model is to be read from: a folder, a file or a URL; or its files, as a page gets them from a folder that was dropped
 * or chosen.
 */
export type ModelPlace = string | URL | readonly File[];

/** The same, told apart: a folder of Node's file system, a URL that tfjs knows, or files. */
export type Place = Written | { readonly files: readonly File[] };
type Written = { readonly folder: string } | { readonly url: string };

const FILE = 'file://';
const PLACE = 'a model’s place';

/** What needs Node, for messages. */
export const IN_FOLDERS = 'models under file://';

/**
 * Reads where a model is to be loaded from or saved to: `file:` URLs (`pathToFileURL(path).href` too, and relative ones
 * as in `file://run/student`), plain paths in Node, `model.json` in a folder; anything else is a URL for tfjs
 * (`indexeddb://NAME`, `https://…`).
 */
export function placeOf(given: string | URL): Written;
export function placeOf(given: ModelPlace): Place;
export function placeOf(given: ModelPlace): Place {
  if (isFiles(given)) return { files: given };
  const isText = given instanceof URL || (typeof given === 'string' && given !== '');
  if (!isText) {
    const expected = 'a path, a URL, or the files of a model';
    throw new DistillError({ code: 'option', where: PLACE, expected, got: describeValue(given) });
  }
  const text = String(given);
  const isPath = isNode() && isPathText(text);
  if (isPath) expectNoTilde(PLACE, text);
  if (!text.startsWith(FILE) && !isPath) return { url: text };
  const path = isPath ? text : pathOfUrl(text);
  return { folder: path.replace(/[\\/]model\.json$/, '') };
}

const isFiles = (given: ModelPlace): given is readonly File[] =>
  Array.isArray(given) && given.every((file: unknown) => file instanceof Blob && 'name' in file);

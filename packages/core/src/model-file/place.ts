import { describeValue, DistillError } from '../error/index.js';
import { isNode } from '../platform/node-module.js';
import { expectNoTilde, isPathText, pathOfUrl } from '../platform/path.js';

/**
 * Where to read a model from: a folder, a file or a URL; or its files, as a page gets them from a dropped or
 * chosen folder.
 */
export type ModelPlace = string | URL | readonly File[];

/** A resolved {@link ModelPlace}: a folder in Node's file system, a URL for tfjs, or files. */
export type Place = Written | { readonly files: readonly File[] };
type Written = { readonly folder: string } | { readonly url: string };

const FILE = 'file://';
const PLACE = 'a model’s place';

/** What needs Node, for messages. */
export const IN_FOLDERS = 'models under file://';

/**
 * Resolves the place of a model. `file:` URLs (including relative ones such as `file://run/student`), plain
 * paths in Node and paths of a `model.json` give a folder. Anything else is a URL for tfjs (`indexeddb://NAME`,
 * `https://…`).
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

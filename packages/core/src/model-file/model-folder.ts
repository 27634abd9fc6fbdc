import { nodeModule } from '../platform/node-module.js';
import { IN_FOLDERS } from './place.js';
import type { Problem } from './check-wiring.js';
import { unreadable } from './unreadable.js';

/** The files of one model, by paths relative to its `model.json`. */
export interface ModelFolder {
  /** The path of `model.json`, for messages. */
  readonly where: string;
  readonly sizeOf: (path: string) => Promise<number>;
  readonly read: (path: string) => Promise<Uint8Array>;
}

export const MAIN = 'model.json';

/** A model folder in Node's file system, or the folder of a model's JSON file of another name. */
export function diskFolder(place: string): ModelFolder {
  const fs = nodeModule('node:fs/promises', IN_FOLDERS);
  const path = nodeModule('node:path', IN_FOLDERS);
  // A folder's name may end in .json, too.
  const isFile =
    /\.json$/i.test(place) && !nodeModule('node:fs', IN_FOLDERS).existsSync(path.join(place, MAIN));
  const [folder, main] = isFile ? [path.dirname(place), path.basename(place)] : [place, MAIN];
  const at = (file: string): string => path.join(folder, file === MAIN ? main : file);
  const where = `${folder.replace(/[\\/]$/, '')}/${main}`;
  return {
    where,
    async sizeOf(file) {
      const found = await fs.stat(at(file)).catch(async (cause: unknown) => {
        const there = await fs.stat(folder).catch(() => undefined);
        const names = there?.isDirectory() === true ? await fs.readdir(folder) : there && [folder];
        const other = file === MAIN ? otherKind(names ?? []) : undefined;
        throw other === undefined ? cause : unreadable(folder, other, cause);
      });
      if (found.isFile()) return found.size;
      throw unreadable(where, {
        got: `${at(file)}, which is not a regular file`,
        hint: 'Name the folder of a saved model.',
      });
    },
    read: async (file) => new Uint8Array(await fs.readFile(at(file))),
  };
}

const CONVERT = 'Convert it: `tensorflowjs_converter --input_format';
/** Models of other kinds, recognized by file name: what they are, and what to do. */
const OTHER_KINDS: readonly (readonly [RegExp, got: string, hint: string])[] = [
  [/\.(h5|hdf5|keras)$/i, 'a Keras file', `${CONVERT} keras FILE FOLDER\`.`],
  [
    /(^|[\\/])saved_model\.pb$/,
    'a SavedModel',
    `${CONVERT} tf_saved_model FOLDER NEW\`, and load that with loadTeacher.`,
  ],
  [
    /\.(pt|pth|ckpt|safetensors)$/i,
    'a file of another library',
    'Export the model as ONNX (`torch.onnx.export`), and load that with loadTeacher.',
  ],
  [/\.(tflite|pb)$/i, 'a converted model', 'Convert the model that it was made of.'],
  [/\.onnx$/i, 'an ONNX file', 'Name the file itself, and load it with loadTeacher.'],
];

/** The problem if these files are a model of another kind. */
function otherKind(names: readonly string[]): Problem | undefined {
  for (const [fits, got, hint] of OTHER_KINDS) {
    const name = names.find((each) => fits.test(each));
    if (name !== undefined) return { got: `${got} (${name.replace(/^.*[\\/]/, '')})`, hint };
  }
  return undefined;
}

/** Files as a page gets them: from a dropped or chosen folder, or individually. */
export function givenFolder(files: readonly File[]): ModelFolder {
  const found = files.filter((file) => /^.+\.json$/i.test(file.name));
  const main = found.find(({ name }) => name === MAIN || name.endsWith(`/${MAIN}`)) ?? found[0];
  if (main === undefined) {
    const other = otherKind(files.map(({ name }) => name));
    throw unreadable(listOf(files), other ?? { got: 'no model.json', hint: DROP_ALL });
  }
  const where = pathOf(main);
  const fileAt = (path: string): File => {
    const file = path === MAIN ? main : besideOf(files, main, path);
    if (file !== undefined) return file;
    throw unreadable(where, { got: `no '${path}' among ${listOf(files)}`, hint: DROP_ALL });
  };
  return {
    where,
    sizeOf: (path) => Promise.resolve(fileAt(path).size),
    read: async (path) => new Uint8Array(await fileAt(path).arrayBuffer()),
  };
}

const DROP_ALL = 'Give the whole folder: model.json and every weight file (.bin) that it names.';

/** A file's path, or its name: only files of a chosen folder have paths. */
export const pathOf = (file: File): string => file.webkitRelativePath || file.name;

/** The file at a path relative to `main`, else the only file with that name: individual files have no folder. */
export function besideOf(files: readonly File[], main: File, path: string): File | undefined {
  const whole = pathOf(main).replace(/[^/]*$/, '') + path;
  const name = path.replace(/^.*\//, '');
  const named = files.filter((file) => file.name.replace(/^.*\//, '') === name);
  return files.find((file) => pathOf(file) === whole) ?? (named.length === 1 ? named[0] : undefined);
}

/** Describes the given files in a few words. */
export function listOf(files: readonly File[]): string {
  const names = files.slice(0, 3).map((file) => `'${pathOf(file)}'`);
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  return names.length === 0
    ? count
    : `${count} (${names.join(', ')}${files.length > names.length ? ', …' : ''})`;
}

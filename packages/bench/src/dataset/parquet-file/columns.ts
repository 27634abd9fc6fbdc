import { dataError } from '../bytes/byte-stream.js';
import type { Shard } from './shard.js';

/** Columns of a Parquet image set, where they are not the usual ones. */
export interface ColumnNames {
  /** Default: `image`, `img` or the like, else the only structure with `bytes`. */
  readonly imageColumn?: string | undefined;
  /** Default: `label`, `fine_label` or the like. */
  readonly labelColumn?: string | undefined;
  /** Default: `coarse_label`, where there is one. */
  readonly superclassColumn?: string | undefined;
}

export interface Columns {
  readonly image: string;
  readonly label: string;
  readonly superclass: string | undefined;
}

const IMAGE = ['image', 'img', 'images', 'picture', 'photo', 'jpg', 'jpeg', 'png', 'pixel_values'];
const LABEL = ['label', 'labels', 'fine_label', 'fine_labels', 'target', 'class', 'cls', 'digit', 'category'];
const SUPERCLASS = ['coarse_label', 'coarse_labels', 'superclass', 'super_class'];

/** @throws DistillError code `data` for a missing column; it lists the existing ones */
export function columnsOf({ path, columns }: Shard, names: ColumnNames): Columns {
  const there = columns.map(({ name }) => name);
  const pick = (option: keyof ColumnNames, usual: readonly string[]): string | undefined => {
    const given = names[option];
    const found = (given === undefined ? usual : [given])
      .map((wanted) => there.find((name) => name.toLowerCase() === wanted.toLowerCase()))
      .find((name) => name !== undefined);
    if (found !== undefined || (option === 'superclassColumn' && given === undefined)) return found;
    const structure = columns.filter(({ fields }) => fields.includes('bytes'));
    if (option === 'imageColumn' && given === undefined && structure.length === 1) return structure[0]?.name;
    const expected =
      given === undefined
        ? `a column of ${option === 'imageColumn' ? 'images' : 'labels'}`
        : `a column '${given}'`;
    throw dataError(path, expected, `the columns ${there.join(', ')}`, `Name it in dataset.${option}.`);
  };
  return {
    image: pick('imageColumn', IMAGE) as string,
    label: pick('labelColumn', LABEL) as string,
    superclass: pick('superclassColumn', SUPERCLASS),
  };
}

/** Class names that the hub's metadata lists for a column. */
export function namesOf({ features }: Shard, column: string): readonly string[] | undefined {
  const feature = features[column] as { readonly names?: unknown } | null | undefined;
  const names = feature?.names;
  const isList = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string');
  return isList ? names : undefined;
}

/** The bytes of an image, from a structure `{ bytes, path }` or from the cell itself. */
export function imageBytes(cell: unknown, where: string): Uint8Array {
  if (cell instanceof Uint8Array) return cell;
  const { bytes, path } = (typeof cell === 'object' && cell !== null ? cell : {}) as {
    readonly bytes?: unknown;
    readonly path?: unknown;
  };
  if (bytes instanceof Uint8Array) return bytes;
  const got = typeof path === 'string' ? `a path alone, ${path}` : cell === null ? 'null' : 'other values';
  const hint =
    typeof path === 'string'
      ? 'Take the version of the set that has its images inside, or the image files themselves as `folder` or `list`.'
      : 'Name the column of the images in dataset.imageColumn.';
  throw dataError(where, 'the bytes of an image file', got, hint);
}

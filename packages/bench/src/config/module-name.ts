import { basename, dirname, extname, resolve } from 'node:path';
import { isMapping } from './fields.js';
import type { ConfigLayer } from './layers.js';

/** The name of a module or package in a configuration, e.g. `./methods/rkd.mjs` → `rkd`. */
export function nameOfModule(from: string): string {
  const isPath = /^(?:\.{0,2}[\\/]|file:|[A-Za-z]:[\\/])/.test(from);
  const name = isPath ? basename(from, extname(from)) : from.replace(/^@[^/]*\//, '').replaceAll('/', '-');
  return name.replace(/[^A-Za-z0-9._+-]+/g, '-').replace(/^[^A-Za-z0-9]+|\.+$/g, '') || 'module';
}

/**
 * The layer with absolute paths for its modules (`from` of methods and of students).
 *
 * @param folder that relative paths start from
 */
export function withModulePaths(layer: ConfigLayer, folder: string): ConfigLayer {
  const { methods, student, pairs } = layer.values;
  const located = (entry: unknown): unknown =>
    isMapping(entry) && typeof entry['from'] === 'string' && entry['from'].startsWith('.')
      ? { ...entry, from: resolve(folder, entry['from']) }
      : entry;
  const ofPair = (pair: unknown): unknown =>
    isMapping(pair) && pair['student'] !== undefined ? { ...pair, student: located(pair['student']) } : pair;
  const values = {
    ...layer.values,
    ...(methods !== undefined && { methods: eachEntry(methods, located) }),
    ...(isMapping(student) && { student: located(student) }),
    ...(pairs !== undefined && { pairs: eachEntry(pairs, ofPair) }),
  };
  return { ...layer, values };
}

/** The entries changed, of a list or of settings by position (`pairs.0.student.from`). */
function eachEntry(entries: unknown, change: (entry: unknown) => unknown): unknown {
  if (Array.isArray(entries)) return entries.map(change);
  if (!isMapping(entries)) return entries;
  return Object.fromEntries(Object.entries(entries).map(([at, entry]) => [at, change(entry)]));
}

export const folderOf = (file: string): string => dirname(resolve(file));

/** The modules that the methods of a configuration name. */
export function modulesIn(values: Readonly<Record<string, unknown>>): readonly string[] {
  const { methods } = values;
  return (Array.isArray(methods) ? methods : []).flatMap((entry: unknown) =>
    isMapping(entry) && typeof entry['from'] === 'string' ? [entry['from']] : [],
  );
}

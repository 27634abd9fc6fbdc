import { isMapping } from './fields.js';
import { mergeLayers, plainLayer } from './layers.js';
import type { ConfigLayer, Path } from './layers.js';
import { nameOfModule } from './module-name.js';

/**
 * The layers with only the methods that the command line names. A name of a configured method keeps that method's options; other names
 * come from the catalog. Trials of methods that are left out are dropped too.
 *
 * @param names the value of `--methods`
 * @param flagsName for messages
 */
export function chooseMethods(
  layers: readonly ConfigLayer[],
  names: readonly string[],
  flagsName: string,
): readonly ConfigLayer[] {
  const { methods } = mergeLayers(layers);
  const entries: readonly unknown[] = Array.isArray(methods) ? methods : [];
  const places = new Map(entries.map((entry, place) => [nameOf(entry), place]));
  const origins = names.map((name) => places.get(name));
  const chosen = plainLayer(flagsName, {
    methods: origins.map((place, at) => (place === undefined ? { name: names[at] } : entries[place])),
  });
  const isLeftOut = (name: string): boolean => places.has(name) && !names.includes(name);
  return [
    ...withoutTrials(layers, isLeftOut),
    { ...chosen, locate: (path, key) => originOf(path, origins, layers, key) ?? chosen.locate(path, key) },
  ];
}

/** The place in the configuration of a part of a chosen method. */
function originOf(
  [field, at, ...within]: Path,
  origins: readonly (number | undefined)[],
  layers: readonly ConfigLayer[],
  key: boolean | undefined,
): string | undefined {
  const place = field === 'methods' && typeof at === 'number' ? origins[at] : undefined;
  if (place === undefined) return undefined;
  return layers.reduce<string | undefined>(
    (found, layer) => layer.locate(['methods', place, ...within], key) ?? found,
    undefined,
  );
}

/** The name of an entry in the run. */
export function nameOf(entry: unknown): unknown {
  if (!isMapping(entry)) return entry;
  const { as, name, from } = entry;
  return as ?? name ?? (typeof from === 'string' ? nameOfModule(from) : undefined);
}

/** Drops the trials of omitted methods from every layer, and `tuning` too if no trial remains. */
function withoutTrials(
  layers: readonly ConfigLayer[],
  isLeftOut: (name: string) => boolean,
): readonly ConfigLayer[] {
  const { tune } = mergeLayers(layers);
  const names = isMapping(tune) ? Object.keys(tune) : [];
  if (!names.some(isLeftOut)) return layers;
  if (names.every(isLeftOut)) {
    const isKept = ([field]: [string, unknown]): boolean => field !== 'tune' && field !== 'tuning';
    return layers.map((layer) => ({
      ...layer,
      values: Object.fromEntries(Object.entries(layer.values).filter(isKept)),
    }));
  }
  return layers.map((layer) => {
    const own = layer.values['tune'];
    if (!isMapping(own)) return layer;
    const kept = Object.entries(own).filter(([name]) => !isLeftOut(name));
    return { ...layer, values: { ...layer.values, tune: Object.fromEntries(kept) } };
  });
}

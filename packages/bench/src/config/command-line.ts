import { nearestNameHint } from '@distilljs/core';
import { nameOf } from './chosen-methods.js';
import { isMapping } from './fields.js';
import { entryOf, isPositions, mergeLayers, plainLayer } from './layers.js';
import type { ConfigLayer } from './layers.js';
import { withModulePaths } from './module-name.js';
import { placeOf, problemError, shown } from './problem.js';
import { DEFAULT_METHODS } from './schema.js';
import { isStudy } from './study.js';

/**
 * The layers below with the settings of one command line as one layer above them. Settings belong together in any order: none
 * drops another, and of two values for the same key the later wins.
 *
 * @param name what messages call the command line
 * @throws DistillError code `config` for a setting of a method that the run does not have
 */
export function withCommandLine(
  below: readonly ConfigLayer[],
  flags: readonly object[],
  name: string,
): readonly ConfigLayer[] {
  if (flags.length === 0) return below;
  const kept = withMethods(below, flags);
  const layer = (values: object): ConfigLayer => plainLayer(name, values);
  const listsMethods = (values: object): boolean => 'methods' in values && Array.isArray(values.methods);
  // First, because a setting of one method may come before the list that has it.
  const list = flags
    .filter(listsMethods)
    .slice(-1)
    .map((values) => picked(values, (key) => key === 'methods'));
  const others = flags.map((values) =>
    listsMethods(values) ? picked(values, (key) => key !== 'methods') : values,
  );
  const names = namesOfMethods([...kept, ...list.map(layer)]);
  const values = [...list, ...others].reduce<object>((before, each) => {
    const renamed = namesOfMethods([...kept, layer(before)]);
    return joined(before, atPositions(layer(each), [...names, ...renamed])) as object;
  }, {});
  return [...kept, withModulePaths(layer(values), process.cwd())];
}

const picked = (values: object, isWanted: (key: string) => boolean): object =>
  Object.fromEntries(Object.entries(values).filter(([key]) => isWanted(key)));

/** The default methods below all layers, where flags change methods that no layer lists. */
function withMethods(kept: readonly ConfigLayer[], flags: readonly object[]): readonly ConfigLayer[] {
  const merged = mergeLayers(kept);
  const isChanged = flags.some((values) => 'methods' in values && isMapping(values.methods));
  return !isChanged || merged['methods'] !== undefined || isStudy(merged)
    ? kept
    : [plainLayer('default', { methods: [...DEFAULT_METHODS] }), ...kept];
}

/** The names of the run's methods with their places, none where they are listed elsewhere, as in a study. */
function namesOfMethods(
  layers: readonly ConfigLayer[],
): readonly (readonly [name: unknown, place: number])[] {
  const { methods } = mergeLayers(layers);
  return Array.isArray(methods) ? methods.map((entry, place) => [nameOf(entry), place] as const) : [];
}

/**
 * The values of a layer with its changes to single methods at positions: `methods.kd.options.temperature` means the entry
 * called `kd`.
 *
 * @param names with places; the last of several places counts
 * @throws DistillError code `config` for a name that no method has
 */
function atPositions(layer: ConfigLayer, names: ReturnType<typeof namesOfMethods>): object {
  const changed = layer.values['methods'];
  if (!isMapping(changed) || names.length === 0) return layer.values;
  const places = new Map(names);
  const isPlace = (key: string): boolean => /^\d+$/.test(key);
  const unknown = Object.keys(changed).filter((key) => !isPlace(key) && !places.has(key));
  if (unknown.length > 0) {
    const known = [...places.keys()].filter((name) => typeof name === 'string');
    const problems = unknown.map((key) => ({
      where: placeOf(['methods', key], [layer], true),
      expected: 'the name or place of a method of the run',
      got: shown(key),
      hint: nearestNameHint(key, known),
    }));
    throw problemError(layer.name, problems);
  }
  // A name and a place may mean one entry.
  const placed = Object.entries(changed).map(([key, value]) => ({
    [isPlace(key) ? key : String(places.get(key))]: value,
  }));
  return { ...layer.values, methods: placed.reduce<unknown>(joined, {}) };
}

/** Both of two values where they can be combined, else the later one. */
function joined(before: unknown, later: unknown): unknown {
  if (isMapping(before) && isMapping(later)) {
    const both = Object.entries(later).map(
      ([key, value]) => [key, Object.hasOwn(before, key) ? joined(before[key], value) : value] as const,
    );
    return Object.fromEntries([...Object.entries(before), ...both]);
  }
  if (Array.isArray(later)) return isMapping(before) ? joinedAt(later, before) : later;
  if (Array.isArray(before)) return isMapping(later) ? joinedAt(before, later) : later;
  // `race: true` only turns on what `race.budget` sets.
  return later === true && isMapping(before) ? before : later;
}

/** A list with changes at positions; changes of another form stay, and are then refused. */
function joinedAt(list: readonly unknown[], changes: Readonly<Record<string, unknown>>): unknown {
  if (!isPositions(changes, list.length)) return changes;
  return list.map((entry, place) =>
    Object.hasOwn(changes, place) ? joined(entryOf(entry, changes[place]), changes[place]) : entry,
  );
}

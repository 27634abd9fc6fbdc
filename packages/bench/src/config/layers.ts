import { isMapping } from './fields.js';

/** Keys and list positions from the top of a configuration to a value. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** `run.yaml:4:3, student.model`. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string | undefined;
}

/** A part of a configuration with its origin: a preset, a file, the command line. */
export interface ConfigLayer {
  /** What messages call it, e.g. `run.yaml` or `preset quick`. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * The place of a value (with `key` true: of its key), e.g. `run.yaml:4:3`; undefined for a path that the layer does not have.
   */
  locate(path: Path, key?: boolean): string | undefined;
}

/** A layer without line numbers: the place of every value is the layer's name. */
export function plainLayer(name: string, values: object): ConfigLayer {
  const own = { ...values };
  return {
    name,
    values: own,
    locate: (path) => (path.length === 0 || valueAt(own, path) !== undefined ? name : undefined),
  };
}

/** The deepest nesting allowed: deeper values would overflow the stack. */
export const DEEPEST = 64;

/** Keys with a special meaning in JavaScript. No field has such a name. */
const RESERVED: readonly string[] = ['__proto__', 'constructor', 'prototype'];

export interface UnsafePart extends Problem {
  /** The checks of fields would overflow the stack, or throw. */
  readonly endsChecks?: boolean;
}

/**
 * Problems that no layer may have, whatever its fields: keys that reach into JavaScript's objects, promises, and too deep nesting. A
 * layer without them is safe to traverse.
 */
export function unsafeParts(layer: ConfigLayer): readonly UnsafePart[] {
  const { values, name } = layer;
  const found: UnsafePart[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (typeof value !== 'object' || value === null) return;
    if (value instanceof Promise) {
      const where = `${layer.locate(path) ?? name}, ${path.join('.')}`;
      const hint = 'Write `await` before it.';
      found.push({ where, expected: 'a value', got: 'a promise', hint, endsChecks: true });
      return;
    }
    if (path.length > DEEPEST) {
      const where = `${layer.locate(path.slice(0, 1)) ?? name}, ${String(path[0])}`;
      found.push({ where, expected: `at most ${DEEPEST} levels of nesting`, got: 'more', endsChecks: true });
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      if (RESERVED.includes(key)) {
        const where = `${layer.locate(at, true) ?? name}, ${at.join('.')}`;
        found.push({ where, expected: 'a known key', got: `'${key}'` });
      } else walk(inner, at);
      if (found.length > 100) return;
    }
  };
  walk(values, []);
  return found;
}

/**
 * Merges layers key by key; later layers win. Lists are replaced as a whole, but a mapping of positions changes the entries at
 * these positions. A mapping whose `name` changes is replaced too: options of one dataset, optimizer or schedule mean nothing to
 * another.
 */
export function mergeLayers(layers: readonly ConfigLayer[]): Readonly<Record<string, unknown>> {
  return layers.reduce<Record<string, unknown>>((merged, layer) => overlay(merged, layer.values), {});
}

/** The value at a path, undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, step)
      ? (value as Record<string | number, unknown>)[step]
      : undefined;
  }, root);
}

/** Merges one mapping over another, as {@link mergeLayers} does. */
export function overlay(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const laid = Object.entries(over).map(
    ([key, value]) =>
      [
        key,
        isOtherStudent(key, value) ? value : laidOver(writtenAs(key, valueAt(under, [key])), value, key),
      ] as const,
  );
  // Assigning `__proto__` would set the prototype instead of a key.
  return Object.fromEntries([...Object.entries(under), ...laid]);
}

/** A student has one kind: a new zoo name, path or module replaces the whole student. */
const isOtherStudent = (key: string, value: unknown): boolean =>
  key === 'student' &&
  isMapping(value) &&
  ['model', 'path', 'from', 'given'].some((kind) => value[kind] !== undefined);

/** In a pair, a name stands for a network. */
const writtenAs = (key: string, below: unknown): unknown =>
  typeof below === 'string' && (key === 'teacher' || key === 'student') ? { model: below } : below;

function laidOver(below: unknown, value: unknown, key?: string): unknown {
  // `true` turns on what these fields set.
  if (value === true && isMapping(below) && (key === 'race' || key === 'corruptions')) return below;
  if (!isMapping(value)) return value;
  if (Array.isArray(below) && isPositions(value, below.length)) {
    return below.map((entry: unknown, place) =>
      Object.hasOwn(value, place) ? laidOver(entryOf(entry, value[place]), value[place]) : entry,
    );
  }
  return isMapping(below) && !renames(below, value) ? overlay(below, value) : value;
}

/** Whether the keys are positions in a list of this length. */
export function isPositions(value: Readonly<Record<string, unknown>>, length: number): boolean {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => /^\d+$/.test(key) && Number(key) < length);
}

/** An entry that is a plain name becomes a mapping with this name once a field is laid over it. */
export const entryOf = (entry: unknown, over: unknown): unknown =>
  typeof entry === 'string' && isMapping(over) ? { name: entry } : entry;

/** A mapping without a name has no variant yet: what it sets holds for the one that is named later. */
function renames(under: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): boolean {
  return over['name'] !== undefined && under['name'] !== undefined && over['name'] !== under['name'];
}

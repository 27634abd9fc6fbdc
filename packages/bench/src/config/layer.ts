/** Keys and list positions from the top of a configuration to a value. */
export type Path = readonly (string | number)[];

/** A part of a configuration with its origin: a preset, a file, the command line. */
export interface ConfigLayer {
  /** What messages call it, e.g. `run.yaml` or `preset quick`. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * Where a value stands (with `key` true: its key), e.g. `run.yaml:4:3`. For a path that the layer does not have:
   * undefined.
   */
  locate(path: Path, key?: boolean): string | undefined;
}

/** A layer that has no lines: positions are its name alone. */
export function plainLayer(name: string, values: object): ConfigLayer {
  const own = { ...values };
  return { name, values: own, locate: (path) => (hasPath(own, path) ? name : undefined) };
}

/**
 * Later layers over earlier ones, key by key. Lists are replaced as a whole; so is a mapping whose `name` changes:
 * options of one dataset, optimizer or schedule mean nothing to another.
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

function hasPath(root: unknown, path: Path): boolean {
  return path.length === 0 || valueAt(root, path) !== undefined;
}

function overlay(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] =
      isMapping(below) && isMapping(value) && !renames(below, value) ? overlay(below, value) : value;
  }
  return merged;
}

function renames(under: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>>): boolean {
  return over['name'] !== undefined && over['name'] !== under['name'];
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

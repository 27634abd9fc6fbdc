import { nearestNameHint } from '../error/index.js';

/** What is wrong with a saved model, and how to fix it. */
export interface Problem {
  readonly got: string;
  readonly hint: string;
}

export const WIRING = 'The file is damaged or was edited; convert or save the model again.';

/** An object in a model.json. */
export type Json = Readonly<Record<string, unknown>>;
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

export const nameOf = (layer: Json): string =>
  textOf(layer['name']) || (isObject(layer['config']) ? textOf(layer['config']['name']) : '');

/** A layer in a topology, with the calls that connect it to others. */
interface SavedLayer {
  readonly name: string;
  readonly kind: string;
  readonly isModel: boolean;
  /** For each call, the layers that it reads, each with the number of that layer's call. */
  readonly calls: readonly (readonly Given[])[];
}

type Given = readonly [layer: string, call: number];

/** A problem unless a saved model's layers connect its inputs to its outputs; `prefix` names an inner model. */
export function graphProblem(model: Json, prefix: string): Problem | undefined {
  const config = model['config'];
  const list = objects(isObject(config) ? config['layers'] : config);
  for (const layer of list) {
    const inner = isObject(layer['config']) ? layer['config'] : {};
    const nested = 'layers' in inner ? layer : isObject(inner['layer']) ? inner['layer'] : undefined;
    const problem =
      nested !== undefined && isObject(nested['config']) && 'layers' in nested['config']
        ? graphProblem(nested, `${prefix}${nameOf(layer)}/`)
        : undefined;
    if (problem !== undefined) return problem;
  }
  const names = list.map(nameOf);
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) < at);
  if (twice !== undefined)
    return { got: `two layers named '${prefix}${twice}'`, hint: 'Give each layer a unique name.' };
  if (!isObject(config) || !Array.isArray(config['output_layers'])) return undefined;
  // Other layers refer to this name, not to the one in the configuration; without it tfjs would search forever.
  const nameless = list.find(({ name }) => typeof name !== 'string' || name === '');
  if (nameless !== undefined)
    return { got: `a layer without a name${shownName(nameOf(nameless))}`, hint: WIRING };
  const mistaken = list.find(
    ({ inbound_nodes: calls = [] }) => !isListOf(calls, (call) => isListOf(call, isGiven)),
  );
  if (mistaken !== undefined) {
    const got = `inputs of layer '${prefix}${nameOf(mistaken)}' that are not lists of [layer, call, output]`;
    return { got, hint: WIRING };
  }
  if (!isListOf(config['output_layers'], isGiven))
    return { got: 'output_layers that are not lists of [layer, call, output]', hint: WIRING };
  return wiringProblem(list.map(savedLayer), config['output_layers'], prefix);
}

const isListOf = <Item>(value: unknown, isItem: (item: unknown) => item is Item): value is readonly Item[] =>
  Array.isArray(value) && value.every(isItem);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
/**
 * An input of a call: a layer, the number of its call, and the number of that call's output; sometimes call
 * options.
 */
const isGiven = (value: unknown): value is Given =>
  Array.isArray(value) && typeof value[0] === 'string' && isCount(value[1]) && isCount(value[2]);

const shownName = (name: string): string => (name === '' ? '' : ` beside the '${name}' of its config`);

function savedLayer(layer: Json): SavedLayer {
  return {
    name: nameOf(layer),
    kind: textOf(layer['class_name']),
    isModel: isObject(layer['config']) && 'layers' in layer['config'],
    calls: (layer['inbound_nodes'] ?? []) as SavedLayer['calls'],
  };
}

/** Simulates the calls in the order in which tfjs tries them; a problem if some can never be made. */
function wiringProblem(
  layers: readonly SavedLayer[],
  outputs: readonly Given[],
  prefix: string,
): Problem | undefined {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const text = (name: string): string => `'${prefix}${name}'`;
  const unknown = (reader: string, name: string): Problem => {
    const near = /^Did you mean '.*?'\?/.exec(nearestNameHint(name, [...byName.keys()]))?.[0] ?? '';
    return {
      got: `${reader} reads ${text(name)}, and there is no such layer`,
      hint: `${near} ${WIRING}`.trim(),
    };
  };
  for (const { name, calls } of layers) {
    const missing = calls.flat().find(([read]) => !byName.has(read));
    if (missing !== undefined) return unknown(`layer ${text(name)}`, missing[0]);
  }
  const ends = outputs.map(([name]) => name);
  const missingEnd = ends.find((name) => !byName.has(name));
  if (missingEnd !== undefined) return unknown('the output', missingEnd);

  const loose = layers.find(({ kind, calls }) => kind !== 'InputLayer' && calls.flat().length === 0);
  if (loose !== undefined) return { got: `layer ${text(loose.name)}, which reads nothing`, hint: WIRING };

  // An input layer and a model start with one call already made.
  const made = new Map(
    layers.map(({ name, kind, isModel }) => [name, kind === 'InputLayer' || isModel ? 1 : 0]),
  );
  let waiting = layers.flatMap(({ name, calls }) =>
    calls.filter((call) => call.length > 0).map((call) => ({ name, call })),
  );
  for (;;) {
    const left = waiting.filter(({ name, call }) => {
      const ready = call.every(([read, number]) => (made.get(read) ?? 0) > number);
      if (ready) made.set(name, (made.get(name) ?? 0) + 1);
      return !ready;
    });
    if (left.length === 0) break;
    if (left.length === waiting.length) {
      const stuck = [...new Set(left.map(({ name }) => name))].slice(0, 5);
      return {
        got: `layers that depend on each other in a circle: ${quoted(stuck.map((name) => prefix + name))}`,
        hint: WIRING,
      };
    }
    waiting = left;
  }
  const reached = new Set<string>();
  const pending = [...ends];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const [read] of byName.get(name)?.calls.flat() ?? []) pending.push(read);
  }
  const unread = layers.find(({ name }) => !reached.has(name));
  if (unread !== undefined)
    return { got: `layer ${text(unread.name)}, which is not connected to the output`, hint: WIRING };
  return undefined;
}

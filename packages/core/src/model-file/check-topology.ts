import * as tf from '@tensorflow/tfjs-core';
import { describeValue, nearestNameHint, shownText } from '../error/index.js';

/** What is wrong with a saved model, and what to do about it. */
export interface Problem {
  readonly got: string;
  readonly hint: string;
}

type Json = Readonly<Record<string, unknown>>;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

const KERAS_2 =
  'Export it with Keras 2 (TF_USE_LEGACY_KERAS=1, or the package tf_keras) and convert it again.';

/**
 * Looks at the topology of a saved layers model before tfjs builds it: tfjs builds a graph by trying until every layer
 * has its inputs, and tries for ever where one never gets them.
 *
 * @returns undefined for a topology that tfjs can build
 */
export function topologyProblem(topology: unknown): Problem | undefined {
  const model =
    isObject(topology) && isObject(topology['model_config']) ? topology['model_config'] : topology;
  if (!isObject(model) || typeof model['class_name'] !== 'string')
    return { got: 'no model topology', hint: 'Save a model with `network.save(DIR)` or `model.save`.' };
  return (
    kerasProblem(topology as Json, model) ??
    classProblem(topology as Json, model) ??
    initializerProblem(model) ??
    graphProblem(model, '')
  );
}

function kerasProblem(topology: Json, model: Json): Problem | undefined {
  const version = textOf(topology['keras_version']);
  const isKeras3 = version.startsWith('3.') || everyObject(model).some(({ node }) => 'batch_shape' in node);
  if (!isKeras3) return undefined;
  return { got: 'a model of Keras 3, whose format tfjs-layers cannot read', hint: KERAS_2 };
}

/** Classes that tfjs-layers has not; what it has are the registered ones. */
function classProblem(topology: Json, model: Json): Problem | undefined {
  // A network that tfjs trained was never dilated.
  const isOfTfjs = textOf(topology['keras_version']).startsWith('tfjs');
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  for (const { node, key } of everyObject(model)) {
    const name = node['class_name'];
    const isKept = isOfTfjs && name === 'DepthwiseConv2D';
    const lost = Object.entries(isObject(node['config']) && !isKept ? node['config'] : {})
      .map(([setting, value]) => `${setting} ${JSON.stringify(value)}`)
      .find((text) => !text.endsWith(' null') && LEFT_OUT.test(`${textOf(name)} ${text}`));
    if (lost !== undefined)
      return { got: `${lost} of layer '${nameOf(node)}', which tfjs-layers leaves out`, hint: AS_GRAPH };
    if (typeof name !== 'string' || Object.hasOwn(known, name.split('>').at(-1) ?? name)) continue;
    if (key.endsWith('_regularizer')) {
      return {
        got: `the regularizer '${name}', which tfjs-layers does not know`,
        hint: `Write {"class_name": "L1L2", "config": {"l1": 0, "l2": 0.01}} in its place, or null: a teacher needs none.`,
      };
    }
    const isAugmentation = /^Random|Noise$|^AutoContrast|^CutMix|^MixUp/.test(name);
    return {
      got: `the class '${name}', which tfjs-layers does not have`,
      hint: isAugmentation
        ? 'Export the model without its augmentation layers: they change nothing in inference, and distill() has an augmentation of its own.'
        : `If it is yours, call tf.serialization.registerClass(${shownText(name.replace(/\W/g, ''), 100)}) first. Else: ${AS_GRAPH}`,
    };
  }
  return undefined;
}

/** Settings of Keras, with their values, that tfjs-layers leaves out without a word: the network would be another one. */
const LEFT_OUT =
  /^((Leaky)?ReLU (negative_slope|threshold) (?!0$)|Conv.DTranspose output_padding|(Conv.DTranspose|DepthwiseConv2D) dilation_rate (?!\[?1[1,]*\]?$)|\w*Conv.D(Transpose)? groups (?!1$)|Resizing crop_to_aspect_ratio true|\w+ time_major true)/;

const AS_GRAPH = 'Convert the model to a graph model and load it with loadTeacher.';

const INITIALIZERS =
  /^(Constant|Identity|Orthogonal|Random(Normal|Uniform)|TruncatedNormal|VarianceScaling)$/;
/** Settings of initializers that are numbers; tfjs draws for ever until one fits a deviation that is none. */
const DRAWN = ['scale', 'stddev', 'mean', 'minval', 'maxval', 'gain', 'value'];

function initializerProblem(model: Json): Problem | undefined {
  for (const { node, key } of everyObject(model)) {
    const settings = node['config'];
    if (!INITIALIZERS.test(textOf(node['class_name'])) || !isObject(settings)) continue;
    const wrong = DRAWN.find((name) => {
      const value = settings[name] ?? 0;
      const isSize = name === 'scale' || name === 'stddev';
      return typeof value !== 'number' || !Number.isFinite(value) || (isSize && value < 0);
    });
    if (wrong === undefined) continue;
    const got = `${wrong} ${describeValue(settings[wrong])} in a ${key}`;
    return { got, hint: WIRING };
  }
  return undefined;
}

/** Every object in a configuration that is one of a class, with the key it stands under. */
function everyObject(value: unknown, key = ''): readonly { readonly node: Json; readonly key: string }[] {
  const found: { node: Json; key: string }[] = [];
  const waiting: [unknown, string][] = [[value, key]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [each, under] = next;
    if (Array.isArray(each)) for (const item of each as unknown[]) waiting.push([item, under]);
    else if (isObject(each)) {
      found.push({ node: each, key: under });
      for (const [inner, item] of Object.entries(each)) waiting.push([item, inner]);
    }
  }
  return found;
}

/** A layer as a topology has it, with the calls that connect it to others. */
interface SavedLayer {
  readonly name: string;
  readonly kind: string;
  readonly isModel: boolean;
  /** For each call the layers that it reads, each with the number of its own call. */
  readonly calls: readonly (readonly Given[])[];
}

type Given = readonly [layer: string, call: number];

function graphProblem(model: Json, prefix: string): Problem | undefined {
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
  // By this name, and not by that of its configuration, others read a layer; without it tfjs would search for ever.
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
/** What a call reads: a layer, which of its calls, and which output of that; in some files options of the call too. */
const isGiven = (value: unknown): value is Given =>
  Array.isArray(value) && typeof value[0] === 'string' && isCount(value[1]) && isCount(value[2]);

const nameOf = (layer: Json): string =>
  textOf(layer['name']) || (isObject(layer['config']) ? textOf(layer['config']['name']) : '');

const shownName = (name: string): string => (name === '' ? '' : ` beside the '${name}' of its config`);

function savedLayer(layer: Json): SavedLayer {
  return {
    name: nameOf(layer),
    kind: textOf(layer['class_name']),
    isModel: isObject(layer['config']) && 'layers' in layer['config'],
    calls: (layer['inbound_nodes'] ?? []) as SavedLayer['calls'],
  };
}

const WIRING = 'The file is damaged or was edited; convert or save the model again.';

/** Makes the calls in the order of tfjs's own attempts, and says why no further one can be made. */
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

  // An input layer and a model have a call of their own from the start.
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

import * as tf from '@tensorflow/tfjs-core';
import { describeValue, shownText } from '../error/index.js';
import { WIRING, graphProblem, isObject, nameOf, textOf } from './check-wiring.js';
import type { Json, Problem } from './check-wiring.js';
import { AS_GRAPH } from './unreadable.js';

const KERAS_2 =
  'Export it with Keras 2 (TF_USE_LEGACY_KERAS=1, or the package tf_keras) and convert it again.';

/**
 * Checks the topology of a saved layers model before tfjs builds it. tfjs retries until every layer has its
 * inputs, and loops forever if one never gets them.
 *
 * @returns the first problem; undefined for a topology that tfjs can build
 */
export function topologyProblem(topology: unknown): Problem | undefined {
  const model =
    isObject(topology) && isObject(topology['model_config']) ? topology['model_config'] : topology;
  if (!isObject(model) || typeof model['class_name'] !== 'string')
    return { got: 'no model topology', hint: 'Save a model with `network.save(DIR)` or `model.save`.' };
  const isKeras = isOfKeras(topology);
  return (
    kerasProblem(topology as Json, model) ??
    settingProblem(model, isKeras ? [LEFT_OUT, OTHERWISE] : [LEFT_OUT]) ??
    classProblem(model) ??
    initializerProblem(model) ??
    activationProblem(model) ??
    graphProblem(model, '') ??
    (isKeras ? (callProblem(model) ?? maskProblem(model)) : undefined)
  );
}

/** True for a topology that Keras wrote, not tfjs: its settings may mean something else in tfjs. */
export const isOfKeras = (topology: unknown): boolean =>
  !(isObject(topology) && textOf(topology['keras_version']).startsWith('tfjs'));

function kerasProblem(topology: Json, model: Json): Problem | undefined {
  const version = textOf(topology['keras_version']);
  const isKeras3 = version.startsWith('3.') || everyObject(model).some(({ node }) => 'batch_shape' in node);
  if (!isKeras3 && !version.startsWith('1.')) return undefined;
  const got = `a model of Keras ${isKeras3 ? 3 : 1}, whose format tfjs-layers cannot read`;
  return { got, hint: KERAS_2 };
}

/** The first setting that matches a pattern, as text of its layer's class, name and value. */
function settingProblem(model: Json, settings: readonly RegExp[]): Problem | undefined {
  for (const { node } of everyObject(model))
    for (const [setting, value] of Object.entries(isObject(node['config']) ? node['config'] : {})) {
      const text = `${setting} ${JSON.stringify(value)}`;
      if (value === null || !settings.some((each) => each.test(`${textOf(node['class_name'])} ${text}`)))
        continue;
      const got = `${shownText(text, 100)} of layer '${nameOf(node)}', ${LOST}`;
      return { got, hint: AS_GRAPH };
    }
  return undefined;
}

/** Settings that tfjs-layers cannot build, although its own error says something else. */
export const unbuilt = (topology: unknown): Problem | undefined =>
  isOfKeras(topology)
    ? (settingProblem(topology as Json, [UNBUILT]) ?? { got: '', hint: AS_GRAPH })
    : undefined;

/** Refuses classes that are not registered in tfjs-layers. */
function classProblem(model: Json): Problem | undefined {
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  for (const { node, key } of everyObject(model)) {
    const name = node['class_name'];
    const isHalf = isObject(node['config']) && /float16/.test(textOf(node['config']['dtype']));
    if (name === 'Policy' || isHalf)
      return { got: 'mixed or half precision, which tfjs-layers does not have', hint: IN_FLOAT32 };
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
        : `If it is yours, call tf.serialization.registerClass(${shownText((name.split('>').at(-1) ?? '').replace(/\W/g, ''), 100)}) first. Else: ${AS_GRAPH}`,
    };
  }
  return undefined;
}

/**
 * Settings of Keras, with values, that tfjs-layers silently ignores: the network would compute something else.
 */
const LEFT_OUT =
  /^((Leaky)?ReLU (negative_slope|threshold) (?!0$)|Conv.DTranspose output_padding|Conv.DTranspose dilation_rate (?!\[?1[1,]*\]?$)|\w*Conv.D(Transpose)? groups (?!1$)|Resizing crop_to_aspect_ratio true|\w+ (time_major|zero_output_for_mask) true|Bidirectional backward_layer)/;

/** Settings with another meaning in Keras than in tfjs-layers, or that tfjs-layers cannot run. */
const OTHERWISE =
  /^((Conv1D|SeparableConv2D|\w+Pooling1D) data_format "channels_first"|Conv1D padding "causal"|UpSampling2D interpolation (?!"nearest")|Concatenate axis -[2-9]|DepthwiseConv2D dilation_rate (?!\[?1[1,]*\]?$)|GRU(Cell)? reset_after true|BatchNormalization (renorm true|virtual_batch_size|axis \[.+,)|(Resizing|CenterCrop) height|RandomWidth factor)/;

const UNBUILT = /^(Global\w+ keepdims true|Reshape target_shape .*-1)/;

const LOST = 'which tfjs-layers does not compute as Keras does';
const IN_FLOAT32 = 'Build it in float32, hand the weights over (`set_weights`), and convert that one.';

const INITIALIZERS =
  /^(Constant|Identity|Orthogonal|Random(Normal|Uniform)|TruncatedNormal|VarianceScaling)$/;
/** Numeric settings of initializers. With an invalid deviation, tfjs would draw forever. */
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

/** Keys of parts that are not layers, and weightless layers that tfjs-layers nevertheless runs as activations. */
const PARTS = /(^|_)activation$|_(initializer|regularizer|constraint)$/;
const RUN_AS_ACTIVATION = /^(ELU|LeakyReLU|ReLU|ThresholdedReLU|Softmax|Activation)$/;

/** Refuses a layer used as an activation, as Keras allows: tfjs-layers builds it but never loads its weights. */
function activationProblem(model: Json): Problem | undefined {
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  for (const { node, key } of everyObject(model)) {
    const name = textOf(node['class_name']).split('>').at(-1) ?? '';
    const isLayer = PARTS.test(key) && 'countParams' in (known[name]?.[0].prototype ?? {});
    if (isLayer && !RUN_AS_ACTIVATION.test(name))
      return {
        got: `the layer '${name}' as ${key} of another one: tfjs-layers would leave its weights out`,
        hint: `Give it a place of its own, behind that layer. Or: ${AS_GRAPH}`,
      };
  }
  return undefined;
}

/** Refuses arguments of a layer call, such as `training=True`. */
function callProblem(model: Json): Problem | undefined {
  for (const { node } of everyObject(model)) {
    const given = /"(\w+)":(?!null|false)/.exec(JSON.stringify(node['inbound_nodes'] ?? []));
    if (given !== null)
      return { got: `${given[1]} in the call of layer '${nameOf(node)}', ${LOST}`, hint: AS_GRAPH };
  }
  return undefined;
}

const PASSING = String.raw`(Dense|Activation|\w*Dropout\w*|\w+Normalization|\w*LU) `;
/**
 * A single path from a mask to the one layer that reads it, by class: `>` marks a layer that returns a
 * sequence, `!` one that masks.
 */
const MASKED = RegExp(
  String.raw`^((?!Func|Mod|Seq)\w+>? )*\w+! (${PASSING}|\w+[!>] )*((Bidirectional )?\w*(RNN|GRU|LSTM) )?(${PASSING}|Flatten )*$`,
);

/**
 * Refuses masks that tfjs-layers passes otherwise than Keras: it also gives the last mask to a layer without
 * one.
 */
function maskProblem(model: Json): Problem | undefined {
  let text = '';
  for (const { node, key } of everyObject(model)) {
    const { class_name: kind, config } = node;
    if (!/^(layers?|config)$/.test(key) || typeof kind !== 'string' || !isObject(config)) continue;
    const hasMask = kind === 'Masking' || config['mask_zero'] === true;
    text += `${kind}${config['return_sequences'] === true ? '>' : hasMask ? '!' : ''} `;
  }
  if (!text.includes('!') || MASKED.test(text)) return undefined;
  return { got: `a mask (Masking, mask_zero), ${LOST}`, hint: AS_GRAPH };
}

/** Every object in a configuration, with its key, in the order of the file. */
function everyObject(value: unknown, key = ''): readonly { readonly node: Json; readonly key: string }[] {
  const found: { node: Json; key: string }[] = [];
  const waiting: [unknown, string][] = [[value, key]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [each, under] = next;
    // Reversed, because the last entry of the stack is taken first.
    if (Array.isArray(each))
      for (const item of [...(each as unknown[])].reverse()) waiting.push([item, under]);
    else if (isObject(each)) {
      found.push({ node: each, key: under });
      for (const [inner, item] of Object.entries(each).reverse()) waiting.push([item, inner]);
    }
  }
  return found;
}

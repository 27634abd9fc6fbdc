import { serialization } from '@tensorflow/tfjs-core';
import type { DataType, Tensor, Variable } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';

/*
 * What core reads of a tfjs layer. Most of it is private or missing in the types of tfjs-layers (4.x), so the
 * casts are collected here.
 */

/** Any tfjs layer. */
export type Layer = layers.Layer;

/** A model used as a layer of another model. */
export type Container = Layer & LayersModel;

/** A layer's serialized configuration, the only public way to read its settings. */
export type LayerConfig = Readonly<Record<string, unknown>>;

interface LayerWeight {
  readonly originalName: string;
  /** The variable that holds the weight. */
  readonly val: Variable;
  /**
   * Read here, because tfjs writes a depthwise layer's regularizer in place of the constraint in the
   * configuration.
   */
  readonly constraint?: { getClassName(): string } | null;
}

/** Fields of individual classes, such as a wrapper's layer or a recurrent cell's dropout. */
export interface LayerInternals {
  readonly layer?: unknown;
  readonly forwardLayer?: unknown;
  readonly backwardLayer?: unknown;
  readonly cell?: unknown;
  readonly cells?: unknown;
  readonly dropout?: number;
  readonly recurrentDropout?: number;
  readonly losses?: readonly unknown[];
  readonly _trainableWeights?: readonly unknown[];
  /** The value of `trainable` passed to the constructor. */
  readonly trainable_?: boolean;
  dropoutMask?: Tensor | Tensor[] | null;
  recurrentDropoutMask?: Tensor | Tensor[] | null;
  dropoutFunc?: ((ones: Tensor, rate: number) => Tensor) | undefined;
  computeMask(inputs: Tensor[], masks: (Tensor | undefined)[]): unknown;
}

export const internals = (layer: Layer): LayerInternals => layer as unknown as LayerInternals;

const isLayer = (value: unknown): value is Layer =>
  typeof value === 'object' && value !== null && 'inboundNodes' in value && 'supportsMasking' in value;

export const isContainer = (layer: Layer): layer is Container =>
  'inputLayers' in layer && 'outputLayers' in layer;

/** The layers directly inside a layer: those of a model, the one that a wrapper wraps, the cells of an RNN. */
export function innerLayers(layer: Layer): readonly Layer[] {
  if (isContainer(layer)) return layer.layers;
  const { forwardLayer, backwardLayer, cell, cells, layer: wrapped } = internals(layer);
  // A bidirectional layer also keeps the original of its two copies, which never runs.
  const inside = isLayer(forwardLayer) ? [forwardLayer, backwardLayer] : [cell, wrapped];
  return [...inside, ...(Array.isArray(cells) ? (cells as unknown[]) : [])].filter(isLayer);
}

/** A layer and everything inside it, outermost first. */
export const withInner = (layer: Layer): readonly Layer[] => [
  layer,
  ...innerLayers(layer).flatMap(withInner),
];

/** tfjs's own classes by name, read before a user can replace one. */
const TFJS_CLASSES: ReadonlyMap<string, unknown> = new Map(
  Object.entries(serialization.SerializationMap.getMap().classNameMap).map(([name, [made]]) => [name, made]),
);

/**
 * True for a layer of a user's class with the name of a tfjs class: a subclass that computes something else
 * inherits the name. False for a layer of another copy of tfjs-layers, and for one whose `getClassName` returns
 * another name than its class has, which declares that it computes the same.
 */
export function isUsers(layer: Layer): boolean {
  const name = layer.getClassName();
  if ((layer.constructor as { readonly className?: unknown }).className !== name) return false;
  const known = TFJS_CLASSES.get(name);
  const isOfCopy = (made: unknown): boolean =>
    typeof made === 'function' && (made.prototype as unknown) instanceof layers.Layer;
  return isOfCopy(known) && isOfCopy(layer.constructor) && known !== layer.constructor;
}

/** Class name (`Conv2D`, `BatchNormalization`, …) and configuration of a layer; `own Conv2D` for a user's class of that name. */
export function layerConfig(layer: Layer): { readonly kind: string; readonly config: LayerConfig } {
  const name = layer.getClassName();
  return { kind: isUsers(layer) ? `own ${name}` : name, config: layer.getConfig() };
}

/**
 * Name of the activation in a configuration; `linear` if there is none. Of a layer as activation it is the class in lower
 * case, such as `leakyrelu`.
 */
export function activationOf(config: LayerConfig): string {
  const activation: unknown = config['activation'];
  if (typeof activation === 'string')
    return /^[A-Z]/.test(activation) ? activation.toLowerCase() : activation;
  const { className, config: inner } = Object(activation) as {
    readonly className?: unknown;
    readonly config?: LayerConfig;
  };
  if (typeof className !== 'string') return 'linear';
  return className === 'Activation' ? activationOf(inner ?? {}) : className.toLowerCase();
}

/** True for the layers that compute exactly max(x, 0). */
export function isPlainRelu(kind: string, config: LayerConfig): boolean {
  if (kind === 'Activation') return activationOf(config) === 'relu';
  return kind === 'ReLU' && config['maxValue'] == null;
}

/** True for a 2-D convolution, channels last, without bias and activation. */
export function isPlainConvolution(config: LayerConfig): boolean {
  const isLast = config['dataFormat'] !== 'channelsFirst';
  return isLast && config['useBias'] === false && activationOf(config) === 'linear';
}

/** True for batch norm over an axis other than the last. */
export function normalizesAnotherAxis(kind: string, config: LayerConfig, rank: number): boolean {
  const axis = Number(config['axis'] ?? -1);
  return kind === 'BatchNormalization' && axis !== -1 && axis !== rank - 1;
}

/** True for a layer that is not trainable, by itself or because none of its weights is. */
export function isFrozen(layer: Layer): boolean {
  const held = internals(layer)._trainableWeights ?? [];
  return !layer.trainable || (held.length > 0 && layer.trainableWeights.length === 0);
}

/**
 * Detects a layer whose `trainable` tfjs ignores: a wrapper forgets its constructor's value, and a recurrent
 * layer does not pass a later value on to its cell.
 *
 * @returns the declared behaviour, the actual one and a hint; undefined if they agree
 */
export function trainableConflict(
  layer: Layer,
): readonly [said: string, trained: string, hint: string] | undefined {
  const { layer: wrapped, cell, trainable_ } = internals(layer);
  const kind = layer.getClassName();
  if (isLayer(wrapped) && trainable_ === false && layer.trainable)
    return [
      'trainable: false to be kept',
      'a layer inside that trains',
      `tfjs drops it from ${kind}: leave it out there, and set it on the layer inside.`,
    ];
  // The cell of an `RNN` is the user's own, with its own `trainable`.
  if (kind !== 'RNN' && isLayer(cell) && layer.trainable && !cell.trainable)
    return [
      'trainable: true to reach its cell',
      'a cell that is frozen',
      'tfjs does not hand it on: set `layer.cell.trainable = true` as well.',
    ];
  return undefined;
}

/** The weights of a layer and its inner layers by the last part of their names, e.g. `kernel`, `moving_mean`. */
export function weightsOf(layer: Layer): ReadonlyMap<string, Variable> {
  const weights = new Map<string, Variable>();
  for (const { originalName, val } of layer.weights as unknown as readonly LayerWeight[]) {
    const base = lastPart(originalName);
    let name = base;
    for (let copy = 1; weights.has(name); copy++) name = `${base}_${copy}`;
    weights.set(name, val);
  }
  return weights;
}

/** The weights that tfjs would train. */
export const learningWeights = (layer: Layer): readonly Variable[] =>
  (layer.trainableWeights as unknown as readonly LayerWeight[]).map(({ val }) => val);

/** Class names of the constraints on a layer's weights, by the last part of the weight's name. */
export function constraintsOf(layer: Layer): readonly (readonly [weight: string, constraint: string])[] {
  return (layer.weights as unknown as readonly LayerWeight[]).flatMap(({ originalName, constraint }) =>
    constraint == null ? [] : [[lastPart(originalName), constraint.getClassName()] as const],
  );
}

const lastPart = (name: string): string => name.split('/').at(-1) ?? name;

const VALUE_TYPES: ReadonlySet<unknown> = new Set(['float32', 'int32', 'bool']);

/**
 * The dtype of a layer's values. A file may name any: Keras has float16, bfloat16 and mixed-precision policies.
 *
 * @throws DistillError code `network` for a dtype that tfjs does not have
 */
export function valueType(
  model: LayersModel,
  { dtype, sourceLayer }: Pick<SymbolicTensor, 'dtype' | 'sourceLayer'>,
): DataType {
  if (VALUE_TYPES.has(dtype)) return dtype;
  throw new DistillError({
    code: 'network',
    where: `model '${model.name}', layer '${sourceLayer.name}'`,
    expected: 'values of type float32, int32 or bool',
    got: JSON.stringify(dtype),
    hint: 'TensorFlow.js computes in float32: write "dtype": "float32" for this layer in model.json, or save the model without mixed precision.',
  });
}

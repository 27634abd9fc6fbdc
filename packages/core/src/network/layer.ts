import { serialization } from '@tensorflow/tfjs-core';
import type { DataType, Tensor, Variable } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';

/*
 * What core reads of a tfjs layer. tfjs-layers' types leave most of it out or call it private, so the casts are here and
 * nowhere else (tfjs-layers 4.x).
 */

/** Any tfjs layer. */
export type Layer = layers.Layer;

/** A model, used as a layer of another one. */
export type Container = Layer & LayersModel;

/** A layer's serialised configuration, the one public way to read its settings. */
export type LayerConfig = Readonly<Record<string, unknown>>;

interface LayerWeight {
  readonly originalName: string;
  /** The variable that holds the weight. */
  readonly val: Variable;
  /** The configuration is no use: tfjs writes a depthwise layer's regularizer in its place. */
  readonly constraint?: { getClassName(): string } | null;
}

/** Fields of single classes: what a wrapper wraps, what a recurrent cell drops. */
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
  /** What the constructor was told. */
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
  // A bidirectional layer keeps the layer that its two copies were made from, which never runs.
  const inside = isLayer(forwardLayer) ? [forwardLayer, backwardLayer] : [cell, wrapped];
  return [...inside, ...(Array.isArray(cells) ? (cells as unknown[]) : [])].filter(isLayer);
}

/** A layer and everything inside it, outermost first. */
export const withInner = (layer: Layer): readonly Layer[] => [
  layer,
  ...innerLayers(layer).flatMap(withInner),
];

/** tfjs's own classes by name, read before a user registers another in the place of one. */
const TFJS_CLASSES: ReadonlyMap<string, unknown> = new Map(
  Object.entries(serialization.SerializationMap.getMap().classNameMap).map(([name, [made]]) => [name, made]),
);

/**
 * True for a layer of a user's own class that has the name of one of tfjs's: a subclass that changes what it computes inherits
 * the name. A layer of another copy of tfjs-layers is none, nor is one that goes by another name than its class, and so says
 * that it computes the same.
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

/** Name of the activation in a configuration; `linear` where there is none. */
export function activationOf(config: LayerConfig): string {
  const activation = config['activation'];
  return typeof activation === 'string' ? activation : 'linear';
}

/** True for the layers that compute exactly max(x, 0). */
export function isPlainRelu(kind: string, config: LayerConfig): boolean {
  if (kind === 'Activation') return activationOf(config) === 'relu';
  return kind === 'ReLU' && config['maxValue'] == null;
}

/** True for a 2-D convolution, channels last, that adds no bias and applies no activation. */
export function isPlainConvolution(config: LayerConfig): boolean {
  const isLast = config['dataFormat'] !== 'channelsFirst';
  return isLast && config['useBias'] === false && activationOf(config) === 'linear';
}

/** True for batch norm whose channels are another axis than the last. */
export function normalizesAnotherAxis(kind: string, config: LayerConfig, rank: number): boolean {
  const axis = Number(config['axis'] ?? -1);
  return kind === 'BatchNormalization' && axis !== -1 && axis !== rank - 1;
}

/** True for a layer that is set not to learn, by itself or because all of its weights are. */
export function isFrozen(layer: Layer): boolean {
  const held = internals(layer)._trainableWeights ?? [];
  return !layer.trainable || (held.length > 0 && layer.trainableWeights.length === 0);
}

/**
 * Where tfjs does not train what `trainable` of a layer says. A wrapper forgets what its constructor was told, and a recurrent layer
 * does not hand a later value on to its cell.
 *
 * @returns what the layer says, what tfjs trains and what to do; undefined where both are the same
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
  // The cell of an `rnn` is the user's own, and says for itself.
  if (kind !== 'RNN' && isLayer(cell) && layer.trainable && !cell.trainable)
    return [
      'trainable: true to reach its cell',
      'a cell that is frozen',
      'tfjs does not hand it on: set `layer.cell.trainable = true` as well.',
    ];
  return undefined;
}

/** The weights of a layer, those inside it included, by the last part of their names, e.g. `kernel`, `moving_mean`. */
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
 * The type of a layer's values. A file may ask for any: Keras has float16, bfloat16 and policies of mixed precision.
 *
 * @throws DistillError code `network` for one that tfjs does not have
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

import type { DataType } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';
import { expectModel } from '../model-file/expect-model.js';
import { innerLayers, isContainer, isFrozen, valueType } from './layer.js';
import type { NetworkNode } from './contract.js';
import type { Container, Layer } from './layer.js';

/** One application of a layer: reads values by index, writes values by index. */
export interface GraphNode {
  readonly layer: Layer;
  /** `layer`, or `outer/layer` inside a nested model: the name of a tap. */
  readonly name: string;
  /**
   * Like the name, but a name that tfjs numbered (`conv2d_Conv2D7`) is replaced by the layer's place:
   * `conv2d#2`. A second application of the layer gets `~1`.
   */
  readonly key: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The dtypes to which the outputs are cast. */
  readonly types: readonly DataType[];
  /**
   * The layer, or a model around it, is called with `training: false`: it runs in inference mode even in
   * training.
   */
  readonly still?: boolean;
  /** Run the layer without its activation: the softmax that turns a teacher's logits into probabilities. */
  readonly bare?: boolean;
  /** Shape of the first output without the batch axis; −1 for an axis of any size. */
  readonly shape: readonly number[];
  /** Shapes of the inputs, likewise. */
  readonly inputShapes: readonly (readonly number[])[];
  /** The layer, or a model around it, is not trainable. */
  readonly frozen: boolean;
  /** Index in {@link Graph.scopes} of the model in which the layer is applied. */
  readonly scope: number;
}

/** An application of a model. tfjs passes masks within one application, never into or out of it. */
export interface Scope {
  /** Index of the outer scope; −1 for the whole model. */
  readonly parent: number;
  readonly inputs: readonly number[];
}

/** A `LayersModel` as a list of layer applications, in the order in which tfjs runs them. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly scopes: readonly Scope[];
  readonly input: number;
  /** Shape of the input without the batch axis; −1 for an axis of any size. */
  readonly inputShape: readonly number[];
  readonly inputType: DataType;
  readonly output: number;
}

/** The parts of tfjs-layers' topology that this file reads, which are private or missing in its types. */
interface TopologyNode {
  readonly inputTensors: readonly Symbolic[];
  readonly outputTensors: readonly Symbolic[];
  readonly callArgs?: { readonly training?: unknown } | null;
}
type Symbolic = SymbolicTensor & {
  readonly sourceLayer: Layer;
  readonly nodeIndex: number;
  readonly id: number;
};

const symbols = (given: LayersModel['inputs']): readonly Symbolic[] => given;
const openShape = ({ shape }: SymbolicTensor): readonly number[] => shape.slice(1).map((axis) => axis ?? -1);

/** The context of a model: name prefixes of the layers around it, and whether these are frozen. */
export interface Surroundings {
  readonly name: string;
  readonly key: string;
  readonly frozen: boolean;
}

/**
 * Reads the graph of a model with one input and one output. Nested models are expanded, so that their layers
 * can be tapped, fused and folded like any other.
 *
 * @throws DistillError code `network` for a model with several inputs or outputs, `option` for anything but a
 *   model
 */
export function readGraph(
  model: LayersModel,
  around: Surroundings = { name: '', key: '', frozen: false },
): Graph {
  expectModel(model);
  const container = model as Container;
  const [inputs, outputs] = [symbols(container.inputs), symbols(container.outputs)];
  const [input, last] = [inputs[0], outputs[0]];
  if (inputs.length !== 1 || outputs.length !== 1 || input === undefined || last === undefined) {
    throw new DistillError({
      code: 'network',
      where: `model '${model.name}'`,
      expected: 'one input and one output (the logits)',
      got: `${inputs.length} inputs and ${outputs.length} outputs`,
      hint: 'Build a tf.model with the logits as its only output; intermediate layers are reached as taps.',
    });
  }
  const nodes: GraphNode[] = [];
  const scopes: Scope[] = [];
  const frozen = frozenLayers(container, around.frozen);
  const keyOf = stableKeys();
  let size = 1;

  const addNode = (node: Omit<GraphNode, 'outputs' | 'frozen'>): number[] => {
    const written = node.types.map(() => size++);
    // Each application of a layer draws its own random numbers.
    const before = nodes.filter(({ layer }) => layer === node.layer).length;
    const key = before > 0 ? `${node.key}~${before}` : node.key;
    nodes.push({ ...node, key, outputs: written, frozen: frozen.has(node.layer) });
    return written;
  };

  const visit = (
    inner: Container,
    given: readonly number[],
    path: { name: string; key: string; parent: number; still?: boolean },
  ): number[] => {
    const scope = scopes.push({ parent: path.parent, inputs: given }) - 1;
    const valueOf = new Map<number, number>();
    // Passes a value on as a new value, named after the model's input layer.
    const pass = (symbol: Symbolic, value: number): number => {
      const layer = (symbols(inner.inputs)[0] as Symbolic).sourceLayer;
      const [name, key] = [`${path.name}${layer.name}`, `${path.key}${keyOf(layer, path.key)}`];
      const shape = openShape(symbol);
      const added = { layer, name, key, scope, inputs: [value], types: [valueType(model, symbol)] };
      return addNode({ ...added, shape, inputShapes: [shape] })[0] ?? value;
    };
    symbols(inner.inputs).forEach((symbol, position) => {
      const value = given[position] ?? 0;
      // tfjs casts the inputs of a model; the images themselves are cast in runSteps.
      const casts = valueType(model, symbol) !== 'float32' && scope > 0;
      valueOf.set(symbol.id, casts ? pass(symbol, value) : value);
    });

    const resolve = (symbol: Symbolic): number => {
      const known = valueOf.get(symbol.id);
      if (known !== undefined) return known;
      const layer = symbol.sourceLayer;
      const application = layer.inboundNodes[symbol.nodeIndex] as unknown as TopologyNode;
      // From last to first, like tfjs: the order decides which mask a layer without its own receives.
      const read = [...application.inputTensors].reverse().map(resolve).reverse();
      const [name, key] = [`${path.name}${layer.name}`, `${path.key}${keyOf(layer, path.key)}`];
      const still = path.still === true || application.callArgs?.training === false;
      const written = isContainer(layer)
        ? visit(layer, read, { name: `${name}/`, key: `${key}/`, parent: scope, still })
        : addNode({
            ...{ layer, name, key, scope, still, inputs: read },
            types: application.outputTensors.map((output) => valueType(model, output)),
            shape: openShape(application.outputTensors[0] as Symbolic),
            inputShapes: application.inputTensors.map(openShape),
          });
      application.outputTensors.forEach((output, position) => valueOf.set(output.id, written[position] ?? 0));
      return valueOf.get(symbol.id) ?? 0;
    };
    return symbols(inner.outputs).map((symbol) => {
      const value = resolve(symbol);
      // A nested model that returns its input: outside, this is a new value without a mask.
      return scope > 0 && given.includes(value) ? pass(symbol, value) : value;
    });
  };

  const [output = 0] = visit(container, [0], { ...around, parent: -1 });
  const inputType = valueType(model, input);
  return { nodes, scopes, input: 0, inputShape: openShape(input), inputType, output };
}

/** The layer applications as {@link NetworkNode}s. */
export function networkNodes({ nodes }: Graph): readonly NetworkNode[] {
  const byValue = new Map(
    nodes.flatMap(({ name, outputs }) => outputs.map((value) => [value, name] as const)),
  );
  return nodes.map(({ name, layer, inputs, shape }) => ({
    name,
    op: layer.getClassName(),
    inputs: inputs.flatMap((value) => byValue.get(value) ?? []),
    shape,
  }));
}

/** A single application of an inner layer, as a wrapper runs it for each time step. */
export function singleNode(layer: Layer, outer: GraphNode): GraphNode {
  const [name, key] = [`${outer.name}/${layer.name}`, `${outer.key}/${snakeCase(layer.getClassName())}`];
  const [shape, inputShape] = [outer.shape.slice(1), outer.inputShapes[0]?.slice(1) ?? []];
  const values = { inputs: [0], outputs: [1], types: ['float32' as const], scope: 0 };
  return {
    ...{ layer, name, key, ...values, shape },
    inputShapes: [inputShape],
    frozen: outer.frozen || isFrozen(layer),
  };
}

/** Every layer that is not trainable, by itself or because of a model around it. */
function frozenLayers(model: Container, outside: boolean): ReadonlySet<Layer> {
  const found = new Set<Layer>();
  const visit = (layer: Layer, around: boolean): void => {
    const here = around || isFrozen(layer);
    if (here) found.add(layer);
    if (isContainer(layer)) for (const inner of innerLayers(layer)) visit(inner, here);
  };
  visit(model, outside);
  return found;
}

/**
 * Names that are equal whenever the same model is built. tfjs numbers unnamed layers by a process-wide counter
 * (`dense_Dense7`, in Keras `dense_7`), so such a layer is named by its class and place instead.
 */
function stableKeys(): (layer: Layer, prefix: string) => string {
  const known = new Map<Layer, string>();
  const count = new Map<string, number>();
  return (layer, prefix) => {
    const found = known.get(layer);
    if (found !== undefined) return found;
    const kind = isContainer(layer) ? 'model' : snakeCase(layer.getClassName());
    let key = layer.name;
    if (isCounted(layer)) {
      const place = (count.get(`${prefix}${kind}`) ?? 0) + 1;
      count.set(`${prefix}${kind}`, place);
      key = `${kind}#${place}`;
    }
    known.set(layer, key);
    return key;
  };
}

function isCounted(layer: Layer): boolean {
  const kind = layer.getClassName();
  const names = isContainer(layer) ? ['model', 'sequential', 'functional'] : [snakeCase(kind), 'input'];
  return names.some((name) => new RegExp(`^${name}_?(${kind})?\\d+$`).test(layer.name));
}

/**
 * A class name in snake case, as in tfjs-layers and Keras: `Conv2D` → `conv2d`, `DepthwiseConv2D` →
 * `depthwise_conv2d`.
 */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

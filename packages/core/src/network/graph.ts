import type { layers, LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { DistillError } from '../error/index.js';

/** Any tfjs layer. */
export type Layer = layers.Layer;

/** One application of a layer: reads values by index, writes values by index. */
export interface GraphNode {
  readonly layer: Layer;
  /** `layer`, or `outer/layer` inside a nested model: the name a tap goes by. */
  readonly name: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Shape of the first output without the batch axis. */
  readonly shape: readonly number[];
}

/** A `LayersModel` as a list of layer applications in an order that can be run from front to back. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly input: number;
  readonly output: number;
  /** Number of values. */
  readonly size: number;
}

/** The parts of tfjs-layers' topology that this file reads; its own types leave them out or call them private. */
interface TopologyNode {
  readonly inputTensors: readonly Symbol_[];
  readonly outputTensors: readonly Symbol_[];
}
type Symbol_ = SymbolicTensor & {
  readonly sourceLayer: Layer;
  readonly nodeIndex: number;
  readonly id: number;
};
type Container = LayersModel & { readonly inputs: readonly Symbol_[]; readonly outputs: readonly Symbol_[] };

const isContainer = (layer: Layer): layer is Layer & Container =>
  'inputLayers' in layer && 'outputLayers' in layer;

/**
 * Reads the graph of a model with one input and one output. Nested models are opened, so that their layers can be
 * tapped, fused and folded like any other.
 *
 * @throws DistillError code `network` when the model has several inputs or outputs
 */
export function readGraph(model: LayersModel): Graph {
  const container = model as Container;
  if (container.inputs.length !== 1 || container.outputs.length !== 1) {
    throw new DistillError({
      code: 'network',
      where: `model '${model.name}'`,
      expected: 'one input and one output (the logits)',
      got: `${container.inputs.length} inputs and ${container.outputs.length} outputs`,
      hint: 'Build a tf.model with the logits as its only output; intermediate layers are reached as taps.',
    });
  }
  const nodes: GraphNode[] = [];
  let size = 1;

  const visit = (inner: Container, given: readonly number[], prefix: string): number[] => {
    const valueOf = new Map<number, number>();
    inner.inputs.forEach((symbol, position) => valueOf.set(symbol.id, given[position] ?? 0));

    const resolve = (symbol: Symbol_): number => {
      const known = valueOf.get(symbol.id);
      if (known !== undefined) return known;
      const layer = symbol.sourceLayer;
      const application = layer.inboundNodes[symbol.nodeIndex] as unknown as TopologyNode;
      const inputs = application.inputTensors.map(resolve);
      const name = `${prefix}${layer.name}`;
      let outputs: number[];
      if (isContainer(layer)) {
        outputs = visit(layer, inputs, `${name}/`);
      } else {
        outputs = application.outputTensors.map(() => size++);
        const shape = (application.outputTensors[0]?.shape ?? []).slice(1).map((axis) => axis ?? -1);
        nodes.push({ layer, name, inputs, outputs, shape });
      }
      application.outputTensors.forEach((output, position) => valueOf.set(output.id, outputs[position] ?? 0));
      return valueOf.get(symbol.id) ?? 0;
    };
    return inner.outputs.map(resolve);
  };

  const [output = 0] = visit(container, [0], '');
  return { nodes, input: 0, output, size };
}

import * as tf from '@tensorflow/tfjs-core';
import { engineError, isOutOfMemory } from '../engine/out-of-memory.js';
import { firstLine } from '../error/first-line.js';
import { DistillError, isDistillError } from '../error/index.js';
import type { Random } from '../random/index.js';
import type { MovingStatistic } from './batch-statistics.js';
import type { Graph, GraphNode } from './graph.js';
import { internals } from './layer.js';

/** What a layer may need to know about the forward pass that it is part of. */
export interface Pass {
  readonly network: string;
  readonly training: boolean;
  readonly random: Random | undefined;
  /** Collects the batch statistics of batch norm in training. */
  readonly statistics: MovingStatistic[];
}

/** The keyword arguments that tfjs passes to a layer, such as `training` and `mask`. */
export type Kwargs = Record<string, unknown>;

/** Runs one layer, or several as one operation. */
export type Apply = (inputs: tf.Tensor[], pass: Pass, kwargs: Kwargs | undefined) => unknown;

/** One step of a forward pass. */
export interface ForwardStep {
  /** The layers that the step runs, in order. */
  readonly nodes: readonly [GraphNode, ...GraphNode[]];
  readonly run: Apply;
}

/** The state of one application of a model while it runs. */
interface Running {
  kwargs: Kwargs | undefined;
  readonly masks: Map<number, tf.Tensor>;
}

/**
 * Runs a graph by the rules of tfjs-layers' executor (`engine/executor.js`), so that a layer gets the same
 * input as in `predict`: its inputs as an array and the mask of its first input; without one, the last mask of
 * its model.
 *
 * @param kwargs arguments of the model's call; default: those of `predict` or `apply(x, { training: true })`
 * @param wanted numbers of the values to keep; others are freed after their last reader, so no gradient may
 *   need them. Default: keep all
 * @returns the values by number
 */
export function runSteps(
  graph: Graph,
  steps: readonly ForwardStep[],
  images: tf.Tensor,
  pass: Pass,
  kwargs: Kwargs | undefined = pass.training ? { training: true } : undefined,
  wanted?: ReadonlySet<number>,
): readonly tf.Tensor[] {
  const free = wanted === undefined ? () => undefined : freeing(graph, steps, wanted);
  const value: (tf.Tensor | undefined)[] = [];
  value[graph.input] = cast(images, graph.inputType);
  const running: Running[] = [{ kwargs, masks: new Map() }];

  const masksFor = (scope: Running, inputs: readonly number[]): (tf.Tensor | undefined)[] => {
    const masks = inputs.map((input) => scope.masks.get(input));
    if (masks.some((mask) => mask !== undefined)) {
      scope.kwargs ??= {};
      scope.kwargs['mask'] = masks[0];
    }
    return masks;
  };
  const enter = (index: number): Running => {
    const known = running[index];
    if (known !== undefined) return known;
    const { parent, inputs } = graph.scopes[index] as Graph['scopes'][number];
    const outer = enter(parent);
    masksFor(outer, inputs);
    return (running[index] = { kwargs: outer.kwargs ?? {}, masks: new Map() });
  };

  for (const { nodes, run } of steps) {
    const first = nodes[0];
    const last = nodes.at(-1) ?? first;
    const inputs = first.inputs.map((input) => value[input] as tf.Tensor);
    const scope = enter(first.scope);
    const masks = masksFor(scope, first.inputs);
    try {
      const results = [
        wanted === undefined
          ? run(inputs, pass, scope.kwargs)
          : tf.tidy(() => run(inputs, pass, scope.kwargs) as tf.Tensor[]),
      ].flat();
      last.outputs.forEach((output, position) => {
        value[output] = cast(results[position], last.types[position]);
      });
      const mask = maskAfter(nodes, inputs, masks);
      if (mask !== undefined) for (const output of last.outputs) enter(last.scope).masks.set(output, mask);
      free(first.inputs, value);
    } catch (cause) {
      throw isDistillError(cause) ? cause : failed(pass.network, first, cause);
    }
  }
  return value as tf.Tensor[];
}

/** Frees values that a step has read, if no later step reads them. The caller keeps the images. */
function freeing(
  graph: Graph,
  steps: readonly ForwardStep[],
  wanted: ReadonlySet<number>,
): (read: readonly number[], value: (tf.Tensor | undefined)[]) => void {
  const readers = new Map<number, number>();
  for (const { nodes } of steps)
    for (const input of new Set(nodes[0].inputs)) readers.set(input, (readers.get(input) ?? 0) + 1);
  return (read, value) => {
    for (const number of new Set(read)) {
      const left = (readers.get(number) ?? 0) - 1;
      readers.set(number, left);
      const tensor = value[number];
      if (left > 0 || wanted.has(number) || number === graph.input || tensor === undefined) continue;
      value[number] = undefined;
      // An identity layer returns its input tensor, which another value may still hold.
      if (!value.includes(tensor)) tensor.dispose();
    }
  };
}

/** The mask that layers pass on from their input masks: tfjs gives every output the mask of the first. */
function maskAfter(
  nodes: readonly GraphNode[],
  inputs: tf.Tensor[],
  masks: (tf.Tensor | undefined)[],
): tf.Tensor | undefined {
  let [mask]: (tf.Tensor | undefined)[] = [];
  nodes.forEach((node, position) => {
    const outside = position > 0 && node.scope !== nodes[position - 1]?.scope;
    const given = position === 0 ? masks : [outside ? undefined : mask];
    const found = node.layer.supportsMasking ? internals(node.layer).computeMask(inputs, given) : undefined;
    mask = ((Array.isArray(found) ? (found as unknown[])[0] : found) ?? undefined) as tf.Tensor | undefined;
  });
  return mask;
}

function cast(given: unknown, type: tf.DataType | undefined): tf.Tensor {
  if (!(given instanceof tf.Tensor)) throw new TypeError(`its call returned ${typeof given}, not a tensor`);
  const tensor = given as tf.Tensor;
  return type === undefined || tensor.dtype === type ? tensor : tf.cast(tensor, type);
}

const MISSING_KERNEL = /Kernel '(\w+)' not registered for backend '(\w+)'/;

/** An error from inside a layer, with the layer's name. */
export function failed(network: string, { name, layer }: GraphNode, cause: unknown): DistillError {
  const message = firstLine(cause).slice(0, 500);
  const missing = MISSING_KERNEL.exec(message);
  const where = `network '${network}', layer '${name}' (${layer.getClassName()})`;
  if (isOutOfMemory(cause)) return engineError(cause, where) as DistillError;
  if (missing === null) {
    const expected = 'a layer that runs on the values it is given';
    return new DistillError({ code: 'network', where, expected, got: `"${message}"`, cause });
  }
  return new DistillError({
    code: 'engine',
    where,
    expected: `an engine with the operation ${missing[1]}`,
    got: `'${missing[2]}'`,
    hint: 'Use another engine (cpu has the most operations), or build the model without this layer.',
    cause,
  });
}

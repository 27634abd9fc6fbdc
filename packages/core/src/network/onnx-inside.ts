import { DistillError, isDistillError, nearestNameHint } from '../error/index.js';
import type { NetworkNode } from './contract.js';
import type { OnnxFile } from './onnx-file.js';
import { embeddingTap, stageTaps } from './stages.js';

/** Operations that draw random numbers. */
const RANDOM = /^(?:Random|Multinomial$|Bernoulli$)/;

/** @throws DistillError code `network` for a graph that gives other values of the same images each time, or in another batch */
export function expectInference(where: string, { nodes }: OnnxFile): void {
  const wrong = nodes.find(({ op, isTraining }) => isTraining === true || RANDOM.test(op));
  if (wrong === undefined) return;
  throw new DistillError({
    code: 'network',
    where,
    expected: 'a graph that gives the same values of the same image each time',
    got: `${wrong.op} '${wrong.outputs[0] ?? ''}'${wrong.isTraining === true ? ' in training mode' : ''}`,
    hint: 'Export it for inference; in PyTorch call model.eval() before.',
  });
}

/** Operations whose results do not depend on the images' values. */
const OF_SHAPES: ReadonlySet<string> = new Set(['Shape', 'Size', 'NonZero']);

/** An inner value of a graph. */
export interface OnnxInner {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
}

/** The values computed from the images, in the order of the file: the first output of each node, which stands for all of them. */
export function innerValues({ nodes }: OnnxFile, images: string): readonly OnnxInner[] {
  const found = new Map([[images, images]]);
  return nodes.flatMap(({ op, inputs, outputs }): OnnxInner[] => {
    const own = [...new Set(inputs.flatMap((input) => found.get(input) ?? []))];
    const [name = ''] = outputs;
    if (own.length === 0 || OF_SHAPES.has(op) || name === '') return [];
    for (const output of outputs) found.set(output, name);
    return [{ name, op, inputs: own.filter((input) => input !== images) }];
  });
}

/** The inner values of a graph with their shapes; empty if the graph does not run with all of them as outputs. */
export async function lookInside(
  inner: readonly OnnxInner[],
  shapesOf: (names: readonly string[]) => Promise<ReadonlyMap<string, readonly number[]>>,
): Promise<readonly NetworkNode[]> {
  try {
    const shapes = await shapesOf(inner.map(({ name }) => name));
    return inner.map((each) => ({ ...each, shape: shapes.get(each.name) ?? [] }));
  } catch (error) {
    if (isDistillError(error) && error.code === 'platform') throw error;
    return [];
  }
}

/** Taps found automatically: the stage outputs under their own names, and the embedding. */
export function foundTaps(
  nodes: readonly NetworkNode[],
  named: readonly string[],
  { outputs }: OnnxFile,
): readonly { readonly tap: string; readonly value: string }[] {
  const network = { tapNames: named, nodes: () => nodes };
  const logits = nodes.find(({ name }) => name === outputs[0]?.name);
  const embedding = embeddingTap({ ...network, classes: logits?.shape.at(-1) ?? -1 });
  const stages = stageTaps(network).filter((name) => !named.includes(name));
  return [
    ...stages.map((name) => ({ tap: name, value: name })),
    ...(embedding === undefined || embedding === 'embedding' ? [] : [{ tap: 'embedding', value: embedding }]),
  ];
}

/** Named taps: the graph's outputs after the first, and the user's aliases. */
export function namedTaps(
  where: string,
  file: OnnxFile,
  given: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, string> {
  const values = new Set(file.nodes.flatMap(({ outputs }) => outputs));
  const further = file.outputs.slice(1).map(({ name }) => [name, name] as const);
  const taps = new Map([...further, ...Object.entries(given)]);
  for (const [alias, value] of taps) {
    if (values.has(value)) continue;
    throw new DistillError({
      code: 'tap',
      where: `${where}, tap '${alias}'`,
      expected: 'the name of a value of the graph',
      got: `'${value}'`,
      hint: nearestNameHint(value, nearby(value, [...values])),
    });
  }
  return taps;
}

/** The last names of the graph, and those that share a part with the requested name. */
function nearby(asked: string, values: readonly string[]): readonly string[] {
  const parts = asked
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part.length > 2);
  const alike = values.filter((value) => parts.some((part) => value.toLowerCase().includes(part)));
  return [...new Set([...alike.slice(-6), ...values.slice(-6)])].slice(0, 10);
}

const PASSING: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Cast']);

/** The operation that an output comes from, before it was possibly reshaped. */
export function lastOperation(file: OnnxFile, value: string): string | undefined {
  const node = file.nodes.find(({ outputs }) => outputs.includes(value));
  return node !== undefined && PASSING.has(node.op) ? lastOperation(file, node.inputs[0] ?? '') : node?.op;
}

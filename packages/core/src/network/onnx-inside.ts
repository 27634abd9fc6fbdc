import { isDistillError } from '../error/index.js';
import type { NetworkNode } from './contract.js';
import type { OnnxFile } from './onnx-file.js';
import type { Numbers } from './onnx-images.js';
import { embeddingTap, stageTaps } from './stages.js';

/** Operations whose results say nothing of the images' values. */
const OF_SHAPES: ReadonlySet<string> = new Set(['Shape', 'Size', 'NonZero']);

/** An inner value of a graph. */
export interface OnnxInner {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
}

/** The values that are computed from the images, in the order of the file; of each node its first output. */
export function innerValues({ nodes }: OnnxFile, images: string): readonly OnnxInner[] {
  const found = new Set([images]);
  return nodes.flatMap(({ op, inputs, outputs: [name = ''] }): OnnxInner[] => {
    const own = inputs.filter((input) => found.has(input));
    if (own.length === 0 || OF_SHAPES.has(op) || name === '') return [];
    found.add(name);
    return [{ name, op, inputs: own.filter((input) => input !== images) }];
  });
}

/** The inside of a graph with its shapes; empty where the graph does not run with all of it as outputs. */
export async function lookInside(
  inner: readonly OnnxInner[],
  ask: (names: readonly string[]) => Promise<ReadonlyMap<string, Numbers>>,
): Promise<readonly NetworkNode[]> {
  try {
    const values = await ask(inner.map(({ name }) => name));
    return inner.map((each) => ({ ...each, shape: values.get(each.name)?.shape.slice(1) ?? [] }));
  } catch (error) {
    if (isDistillError(error) && error.code === 'platform') throw error;
    return [];
  }
}

/** Taps that nobody named: the ends of stages under their own names, and the embedding. */
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

import type { AttributeValue, NodeDef } from './graph-def.js';
import { replaceConvolutions } from './convolutions.js';
import { valuesOf } from './recording.js';
import type { Recording, Ref, TensorInfo } from './recording.js';

/** The nodes of a recording's graph, and which of them are fed. */
export interface GraphPlan {
  readonly nodes: readonly NodeDef[];
  /** Names of the fed nodes, with the value that each stands for. */
  readonly feeds: readonly { readonly name: string; readonly ref: Ref }[];
  /** For each value, its node's output as `name:index`. */
  readonly outputs: readonly string[];
}

/**
 * Turns a recording into the nodes of a graph. Inputs become placeholders; shapes, axes and weights of frozen
 * networks become constants.
 *
 * @param bytesOf returns the values of an outside tensor
 * @param ownConvolutions whether the binding has this package's convolutions
 */
export function planGraph(
  recording: Recording,
  bytesOf: (id: number) => Uint8Array,
  ownConvolutions = false,
): GraphPlan {
  const { entries, externals, structure } = recording;
  const replaced = replaceConvolutions(recording, ownConvolutions);
  const { infoOf } = valuesOf(recording);
  const nodes: NodeDef[] = [];
  const feeds: { name: string; ref: Ref }[] = [];
  const outputs: string[] = [];
  const value = (
    name: string,
    ref: Ref,
    { shape, dtype }: TensorInfo,
    bytes: Uint8Array | undefined,
  ): void => {
    const attributes: Readonly<Record<string, AttributeValue>> =
      bytes === undefined
        ? { dtype: { type: dtype }, shape: { shape } }
        : { dtype: { type: dtype }, value: { tensor: { dtype, shape, bytes } } };
    nodes.push({ name, op: bytes === undefined ? 'Placeholder' : 'Const', inputs: [], attributes });
    if (bytes === undefined) feeds.push({ name, ref });
  };
  externals.forEach((external, index) => {
    const { fixed, bytes } = external;
    value(`x${index}`, ~index, external, bytes ?? (fixed === undefined ? undefined : bytesOf(fixed)));
  });
  entries.forEach((entry, at) => {
    if (entry.kind === 'upload') {
      const ref = outputs.length;
      value(`u${at}`, ref, entry, structure.has(ref) ? entry.bytes : undefined);
      outputs.push(`u${at}:0`);
      return;
    }
    const replacement = replaced.get(entry);
    const attributes: Record<string, AttributeValue> = Object.fromEntries(
      entry.attributes.map((given) => [given.name, { given }]),
    );
    // tfjs omits these attributes: an eager op infers them from its inputs, a graph does not.
    if (entry.name === 'ExpandDims') {
      attributes['T'] ??= { type: infoOf(entry.inputs[0] ?? 0)?.dtype ?? 1 };
      attributes['Tdim'] ??= { type: infoOf(entry.inputs[1] ?? 0)?.dtype ?? 3 };
    }
    const { name: op, inputs } = replacement ?? entry;
    nodes.push({
      name: `n${at}`,
      op,
      inputs: inputs.map((ref) => (ref < 0 ? `x${~ref}:0` : (outputs[ref] ?? ''))),
      attributes: replacement?.attributes ?? attributes,
    });
    entry.outputs.forEach((_, index) => {
      outputs.push(`n${at}:${index}`);
    });
  });
  return { nodes, feeds, outputs };
}

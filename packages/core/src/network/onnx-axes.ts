import type { OnnxFile, OnnxNode } from './onnx-file.js';
import type { ImageLayout } from './onnx-images.js';

/** Operations that take maps with the channels as axis 1, and return such maps. */
const CHANNELS_FIRST =
  /^(?:Conv|ConvTranspose|(?:Global)?(?:Average|Max|Lp)Pool|(?:Batch|Instance|Group)Normalization|LRN|SpaceToDepth|DepthToSpace)$/;

/** Operations that leave every axis in its place. */
const IN_PLACE =
  /^(?:Add|Sub|Mul|Div|Pow|Sqrt|Max|Min|Mean|Sum|Neg|Abs|Exp|Log|Erf|Clip|Sigmoid|Tanh|Softplus|Softsign|Mish|Gelu|Hard(?:Sigmoid|Swish)|\w*Relu|[CS]?Elu|Selu|Identity|Cast|Dropout|Pad|Slice|Split|Concat|Resize|Upsample)$/;

/**
 * Which axis of each value with four axes holds the channels: 1 or 3. A graph may compute on either order, whatever that of
 * its images is: ConvNeXt and Swin go over to channels last, graphs from TensorFlow to channels first.
 *
 * Convolutions and pooling have the channels as axis 1, matrix products with weights and layer normalization as axis 3. From
 * these and the images, the axis is carried through elementwise operations and transposes, in both directions.
 *
 * @returns by name; values without four axes and those that nothing tells of may be missing
 */
export function channelAxes(
  { nodes }: OnnxFile,
  images: string,
  layout: ImageLayout,
): ReadonlyMap<string, number> {
  const axes = new Map([[images, layout === 'nchw' ? 1 : 3]]);
  const computed = new Set([images]);
  const carriers = nodes.filter(({ op, inputs, outputs, axis, perm }) => {
    const own = inputs.filter((input) => computed.has(input));
    if (own.length === 0) return false;
    for (const output of outputs) computed.add(output);
    const [input = '', factor = ''] = inputs;
    const isFirst = CHANNELS_FIRST.test(op);
    if (
      isFirst ||
      (op === 'MatMul' && !computed.has(factor)) ||
      (op === 'LayerNormalization' && isLast(axis))
    )
      for (const value of [input, ...outputs.slice(0, 1)])
        if (!axes.has(value)) axes.set(value, isFirst ? 1 : 3);
    return perm?.length === 4 || IN_PLACE.test(op);
  });
  for (let known = 0; known < axes.size;) {
    known = axes.size;
    for (const node of carriers) carry(node, computed, axes);
  }
  return axes;
}

const isLast = (axis = -1): boolean => axis === -1 || axis === 3;

/** Passes the axis that one of a node's values has on to the others. */
function carry(
  { inputs, outputs, perm }: OnnxNode,
  computed: ReadonlySet<string>,
  axes: Map<string, number>,
): void {
  const before = inputs.filter((input) => computed.has(input));
  const known = (values: readonly string[]): number | undefined =>
    axes.get(values.find((value) => axes.has(value)) ?? '');
  const from = known(before);
  const to = from === undefined ? known(outputs) : (perm?.indexOf(from) ?? from);
  if (to === undefined) return;
  for (const value of before) if (!axes.has(value)) axes.set(value, perm?.[to] ?? to);
  for (const value of outputs) if (!axes.has(value)) axes.set(value, to);
}

import * as tf from '@tensorflow/tfjs-core';
import type { Exhibit, Network } from '@distilljs/core';
import { vamLayers } from '../convolution/index.js';

/**
 * Attention of all attending layers of a student as heat maps; those of the same shape are side by side.
 *
 * @param index of the student, which tells apart the exhibits of several
 */
export function attentionExhibits(
  { model, name }: Network,
  index: number,
): Readonly<Record<string, Exhibit>> {
  const groups = new Map<string, ReturnType<typeof vamLayers>>();
  for (const placed of vamLayers(model)) {
    const shape = placed.layer.theta.shape.join('×');
    groups.set(shape, [...(groups.get(shape) ?? []), placed]);
  }
  return Object.fromEntries(
    [...groups].map(([shape, placed]): [string, Exhibit] => [
      `attention-${shape}${index > 0 ? `-student-${index + 1}` : ''}`,
      {
        title: `Attention of ${name}'s virtual blocks, ${shape}`,
        values: tf.stack(placed.map(({ layer }) => layer.attention())) as tf.Tensor3D,
        rows: { title: 'block of filters' },
        columns: { title: 'block of input maps' },
        panels: placed.map(({ path }) => path),
      },
    ]),
  );
}

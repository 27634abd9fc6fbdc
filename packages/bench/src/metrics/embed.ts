import * as tf from '@tensorflow/tfjs-core';
import type { FlatEmbeddings } from '@distilljs/cckd';
import { DistillError, loadBatch, pooledEmbedding } from '@distilljs/core';
import type { Dataset, Network, Normalization } from '@distilljs/core';

const BATCH = 64;

/**
 * The layer whose output is taken for an image's embedding: the one that was asked for, else what goes into the last dense
 * layer.
 *
 * @throws DistillError code `tap` for a name that is not there, or a network without a dense layer
 */
export function embeddingTap({ name, model, tapNames, tapOutput }: Network, asked?: string): string {
  if (asked !== undefined) {
    // It knows the error for names that are not there.
    tapOutput(asked);
    return asked;
  }
  const last = model.layers.findLast((layer) => layer.getClassName() === 'Dense');
  const input = last?.inboundNodes[0]?.inboundLayers[0]?.name;
  if (input !== undefined && tapNames.includes(input)) return input;
  throw new DistillError({
    code: 'tap',
    where: `network '${name}'`,
    expected: 'a dense layer, whose input is the embedding',
    got: 'none',
    hint: 'Name the layer with --tap.',
  });
}

/** The embeddings of all images in inference mode; feature maps are averaged over height and width. */
export async function embed(
  network: Network,
  dataset: Dataset,
  normalization: Normalization,
  tap: string,
): Promise<FlatEmbeddings> {
  let data = new Float32Array();
  let width = 0;
  for (let first = 0; first < dataset.size; first += BATCH) {
    const count = Math.min(BATCH, dataset.size - first);
    const positions = Int32Array.from({ length: count }, (_, at) => first + at);
    const pixels = await loadBatch(dataset, positions, { normalization });
    const rows = tf.tidy(() => {
      const images = tf.tensor4d(pixels, [count, ...dataset.imageShape]);
      return tf.clone(pooledEmbedding(`tap '${tap}'`, network.forward(images, { taps: [tap] }).tap(tap)));
    });
    if (first === 0) {
      width = rows.shape[1];
      data = new Float32Array(dataset.size * width);
    }
    data.set(await rows.data(), first * width);
    rows.dispose();
  }
  return { data, width };
}

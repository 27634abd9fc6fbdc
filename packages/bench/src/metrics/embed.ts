import * as tf from '@tensorflow/tfjs-core';
import type { FlatEmbeddings } from '@distilljs/cckd';
import { askTeacher, DistillError, loadBatch, pooledEmbedding } from '@distilljs/core';
import type { Dataset, FrozenNetwork, Images, Network, Normalization, Tensor } from '@distilljs/core';

const BATCH = 64;

/**
 * The layer whose output is an image's embedding: the requested layer, else the input of the last dense layer.
 *
 * @throws DistillError code `tap` for an unknown name, or a network without a dense layer
 */
export function embeddingTap({ name, model, tapNames, tapOutput }: Network, asked?: string): string {
  if (asked !== undefined) {
    // Throws for unknown names.
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

/** The same for a teacher; undefined for a teacher that is not a layers model and lacks the tap. */
export function teacherTap(
  { network, learner }: { readonly network: FrozenNetwork; readonly learner: Network | undefined },
  asked?: string,
): string | undefined {
  if (learner !== undefined) return embeddingTap(learner, asked);
  const wanted = asked ?? 'embedding';
  return network.tapNames.includes(wanted) ? wanted : undefined;
}

/** Returns a tap's output for a batch; the caller disposes it. */
export type Embedder = (images: Images, tap: string) => Promise<Tensor>;

/** A network in inference mode. */
export const embedder =
  (network: Network): Embedder =>
  (images, tap) =>
    Promise.resolve(tf.tidy(() => tf.clone(network.forward(images, { taps: [tap] }).tap(tap))));

/** A teacher with its own input preparation, on any runtime. */
export const teacherEmbedder =
  (teacher: FrozenNetwork): Embedder =>
  async (images, tap) => {
    const output = await askTeacher(teacher, images, [tap]);
    const embedding = tf.clone(output.tap(tap));
    output.dispose();
    return embedding;
  };

/** The embeddings of all images in inference mode; feature maps are averaged over height and width. */
export async function embed(
  ask: Embedder,
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
    const images = tf.tensor4d(pixels, [count, ...dataset.imageShape]);
    const output = await ask(images, tap);
    const rows = tf.tidy(() => tf.clone(pooledEmbedding(`tap '${tap}'`, output)));
    tf.dispose([images, output]);
    if (first === 0) {
      width = rows.shape[1];
      data = new Float32Array(dataset.size * width);
    }
    data.set(await rows.data(), first * width);
    rows.dispose();
  }
  return { data, width };
}

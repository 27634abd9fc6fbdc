import * as tf from '@tensorflow/tfjs-core';
import type { TaughtContext } from '@distilljs/core';
import { pooledEmbedding } from '../pooled-embedding.js';

/**
 * The frozen teacher's embedding of every training image, unaugmented, one chunk of the run's batch size at a time.
 *
 * @param tap the teacher's tap; feature maps are averaged over height and width
 * @returns one row per image, `[size][d]`
 * @throws DistillError code `shape` when the tap is neither an embedding nor a feature map
 */
export async function teacherFeatures(context: TaughtContext, tap: string): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (let start = 0; start < context.train.size; start += context.batchSize) {
    const count = Math.min(context.batchSize, context.train.size - start);
    const positions = Int32Array.from({ length: count }, (_, offset) => start + offset);
    const embedding = tf.tidy(() => {
      const output = context.teacher.forward(context.images(positions), [tap]);
      return pooledEmbedding(`teacher tap '${tap}'`, output.tap(tap));
    });
    const [, width] = embedding.shape;
    const values = await embedding.data<'float32'>();
    embedding.dispose();
    for (let row = 0; row < count; row++) rows.push(values.slice(row * width, (row + 1) * width));
  }
  return rows;
}

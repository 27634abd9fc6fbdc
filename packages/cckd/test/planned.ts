import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { arrayDataset, createNetwork, createRandom, freeze, seedWeights, sgd } from '@distilljs/core';
import type {
  InMemoryDataset,
  LossTerms,
  Network,
  NetworkOutput,
  Plan,
  Step,
  TaughtContext,
} from '@distilljs/core';
import { cckd } from '../src/index.js';
import type { CckdOptions } from '../src/index.js';

/** A convolutional network for 6×6×2 images with the taps `map` `[6, 6, width]` and `embedding` `[width]`. */
export function network(seed: number, width: number, classes = 3): Network {
  const images = layers.input({ shape: [6, 6, 2] });
  const convolution = layers.layers.conv2d({
    filters: width,
    kernelSize: 3,
    padding: 'same',
    activation: 'relu',
    name: 'map',
  });
  const pooling = layers.layers.globalAveragePooling2d({ name: 'embedding', dataFormat: 'channelsLast' });
  const classifier = layers.layers.dense({ units: classes, name: 'logits' });
  const logits = classifier.apply(pooling.apply(convolution.apply(images)));
  const model = layers.model({
    inputs: images,
    outputs: logits as layers.SymbolicTensor,
    name: `network${width}`,
  });
  seedWeights(model, createRandom(seed));
  return createNetwork(model);
}

/** Images of classes that differ in which rows are bright, in random order. */
export function dataset(size: number, classes = 3): InMemoryDataset {
  const random = createRandom(9);
  const labels = Int32Array.from({ length: size }, () => random.integer(classes));
  const images = Uint8Array.from({ length: size * 72 }, (_, at) => {
    const bright = Math.floor((at % 72) / 12) % classes === labels[Math.floor(at / 72)];
    return (bright ? 150 : 0) + random.integer(100);
  });
  return arrayDataset({ images, labels, imageShape: [6, 6, 2], classes });
}

export type ContextChanges = Partial<Omit<TaughtContext, 'train'>> & { readonly train?: InMemoryDataset };

/** What a run hands to `plan`, for a student of width 3 and a teacher of width 5. */
export function planContext(changes: ContextChanges = {}): TaughtContext & { dispose(): void } {
  const student = network(1, 3);
  const teacherNetwork = network(2, 5);
  const teacher = freeze(teacherNetwork);
  const train = changes.train ?? dataset(60);
  return {
    students: [student],
    teacher,
    train,
    images: (positions) => {
      const pixels = tf.tidy(() => {
        const rows = Array.from(positions, (position) =>
          Array.from(train.image(position), (value) => value / 128 - 1),
        );
        return tf.tensor4d(rows.flat(), [rows.length, 6, 6, 2]);
      });
      return Promise.resolve(pixels);
    },
    epochs: 1,
    batchSize: 12,
    optimizer: sgd({ learningRate: 0.1 }),
    random: createRandom(3),
    ...changes,
    dispose() {
      student.dispose();
      teacher.dispose();
      teacherNetwork.dispose();
    },
  };
}

/** Plans with the tiny networks and gives the plan to `use`; everything is freed. */
export async function withPlan(
  options: Partial<CckdOptions>,
  use: (plan: Plan) => void,
  changes: ContextChanges = {},
): Promise<void> {
  const context = planContext(changes);
  try {
    const plan = await cckd(options).plan(context);
    use(plan);
    plan.dispose();
  } finally {
    context.dispose();
  }
}

/** A step over given outputs: enough for a loss that reads logits, one tap per network and labels. */
export function stepOf(outputs: {
  readonly studentLogits: Tensor2D;
  readonly teacherLogits: Tensor2D;
  readonly student: tf.Tensor;
  readonly teacher: tf.Tensor;
  readonly oneHot: Tensor2D;
}): Step {
  const output = (logits: Tensor2D, tapped: tf.Tensor): NetworkOutput => ({ logits, tap: () => tapped });
  const student = output(outputs.studentLogits, outputs.student);
  return {
    student,
    students: [student],
    teacher: output(outputs.teacherLogits, outputs.teacher),
    oneHot: outputs.oneHot,
  } as unknown as Step;
}

/** `Σ weight · value`. */
export function totalOf(terms: LossTerms): tf.Scalar {
  return Object.values(terms).reduce<tf.Scalar>(
    (sum, { value, weight }) => tf.add(sum, tf.mul(value, weight)),
    tf.scalar(0),
  );
}

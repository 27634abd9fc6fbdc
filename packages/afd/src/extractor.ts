import { DistillError, expectGradients, onOneTape } from '@distilljs/core';
import type { Images, NamedVariables, Network, PlanContext, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The feature extractor's weights: those that the tapped map depends on, found through its gradient. Layers after the
 * tap, such as the classifier, are not among them.
 *
 * @param images any batch that fits the network
 */
export function extractorVariables(
  network: Network,
  tap: string,
  images: Images,
  random: Random,
): NamedVariables {
  const variables = Object.entries(network.variables);
  const reached = tf.tidy(() =>
    onOneTape(
      () => {
        const options = { training: true, moveStatistics: false, taps: [tap], random };
        return tf.sum<tf.Scalar>(network.forward(images, options).tap(tap));
      },
      (sum, gradientOf) =>
        gradientOf(
          () => sum,
          variables.map(([, variable]) => variable),
        ).map((gradient) => gradient !== undefined),
    ),
  );
  return Object.fromEntries(variables.filter((_, index) => reached[index]));
}

/**
 * The extractor of every student of a run.
 *
 * @param taps one per student
 * @throws DistillError code `tap` for a tap that depends on no trained weight; `network` and `engine`, naming the layer,
 *   for a student that has no gradient
 */
export async function studentExtractors(
  method: string,
  context: PlanContext,
  taps: readonly string[],
): Promise<readonly NamedVariables[]> {
  const image = await context.images([0]);
  try {
    return context.students.map((student, index) => {
      const tap = taps[index] ?? '';
      const found = orLayerFault(student, image, () =>
        extractorVariables(student, tap, image, context.random.fork('extractor')),
      );
      if (Object.keys(found).length > 0) return found;
      throw new DistillError({
        code: 'tap',
        where: `method '${method}', students[${index}] '${student.name}', tap '${tap}'`,
        expected: 'a feature map that depends on trained weights',
        got: 'one that depends on none',
        hint: 'Tap the last layer before global average pooling.',
      });
    });
  } finally {
    image.dispose();
  }
}

/** Core would name the layer that has no gradient, but not before the method is planned. */
function orLayerFault<T>(student: Network, images: Images, find: () => T): T {
  try {
    return find();
  } catch (error) {
    expectGradients(student, images);
    throw error;
  }
}

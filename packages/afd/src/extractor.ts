import { onOneTape } from '@distilljs/core';
import type { Images, NamedVariables, Network, PlanContext, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The feature extractor's weights: those that the tapped map depends on, found by asking for its gradient. The layers
 * after the tap (the classifier) are not among them.
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
 */
export function studentExtractors(context: PlanContext, taps: readonly string[]): readonly NamedVariables[] {
  const one = context.images([0]);
  try {
    return context.students.map((student, index) =>
      extractorVariables(student, taps[index] ?? '', one, context.random.fork('extractor')),
    );
  } finally {
    one.dispose();
  }
}

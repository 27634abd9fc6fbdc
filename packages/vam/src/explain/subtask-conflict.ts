import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import {
  asNetwork,
  aTensor,
  checkOptions,
  DistillError,
  expectOption,
  expectShape,
  inRange,
  onOneTape,
  optional,
  text,
  wholeNumber,
  temperatureRange,
} from '@distilljs/core';
import type { Images, Labels, Logits, Network, Probabilities } from '@distilljs/core';
import { smoothedBinary } from '../kd-explainer/index.js';
import { subtaskCrossEntropy, subtaskKd } from '../subtask-losses.js';
import { cosine, mean, pairwise } from './matrix.js';
import type { Matrix } from './matrix.js';

/** A batch on which to take gradients, and how. */
export interface ConflictBatch {
  readonly images: Images;
  readonly labels: Labels;
  /** The teacher's logits for these images; without them there is no `kd`. */
  readonly teacher?: Logits | undefined;
  /** Temperature of `kd`, 0.01 to 1000. Default 4. */
  readonly temperature?: number | undefined;
  /** ε of `label-smoothing`, `[0, 0.99]`. Default 0.1. */
  readonly smoothing?: number | undefined;
  /** Prefix of the names of the variables to take gradients in. Default `trunk`. */
  readonly over?: string | undefined;
}

type ConflictOptions = Readonly<Record<'temperature' | 'smoothing', number>> &
  Pick<ConflictBatch, 'images' | 'labels' | 'teacher'> & { readonly over: string };

/** Agreement between the subtasks' gradients in one set of weights. */
export interface Conflict {
  /** Cosines between the gradients, `[class][class]`, −1 to 1. */
  readonly cosines: Matrix;
  /** Mean over all pairs of two classes. */
  readonly mean: number;
  /** Share of pairs with a negative cosine. */
  readonly negativeShare: number;
}

/** Kinds of targets of a subtask's loss. */
export type ConflictTarget = 'hard' | 'label-smoothing' | 'kd';

/**
 * Conflict between the subtasks "is it class k?": cosines between the gradients of their binary losses in shared
 * weights. Each kind of target is measured at the same weights and on the same batch, in inference mode.
 *
 * A network's scores are read as margins, which is what `binary` heads output. With `nce`, `one_logit` or another kind
 * of network, the scores are logits among all classes. The result is then a one-against-all reading, not the conflict
 * of the loss that trained them. Compare only networks with the same kind of heads.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range; `shape`; `network` when no
 *   variable's name begins with `over`
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: that distillation moderates conflicts between subtasks is the
 *   paper's claim; this way of measuring it is proposed.
 */
export async function subtaskConflict(
  given: Network,
  batch: ConflictBatch,
): Promise<Partial<Readonly<Record<ConflictTarget, Conflict>>>> {
  const { images, labels, teacher, temperature, smoothing, over } = checkOptions<ConflictOptions>(
    'subtaskConflict',
    batch as Partial<ConflictOptions>,
    { temperature: 4, smoothing: 0.1, over: 'trunk' } as ConflictOptions,
    {
      images: aTensor,
      labels: aTensor,
      teacher: optional(aTensor),
      temperature: temperatureRange,
      smoothing: inRange(0, 0.99),
      over: text,
    },
  );
  const network = asNetwork(given, 'subtaskConflict(network)');
  const sizes = network.inputShape.map((size) => (size < 0 ? null : size));
  expectShape('subtaskConflict(images)', images, [null, ...sizes]);
  expectShape('subtaskConflict(labels)', labels, [images.shape[0]]);
  if (teacher !== undefined)
    expectShape('subtaskConflict(teacher)', teacher, [images.shape[0], network.classes]);
  const variables = Object.entries(network.variables).flatMap(([name, variable]) =>
    name.startsWith(over) ? [variable] : [],
  );
  if (variables.length === 0) {
    throw new DistillError({
      code: 'network',
      where: `subtaskConflict, network '${network.name}'`,
      expected: 'variables to take gradients in',
      got: `none whose name begins with '${over}'`,
      hint: `They begin with ${[...new Set(Object.keys(network.variables).map((name) => name.split(/[_/]/)[0]))].join(', ')}.`,
    });
  }
  const classes = await labels.data();
  const inClasses = wholeNumber({ min: 0, max: network.classes - 1 });
  // A row without a 1 would say that the image is of no class.
  for (const label of classes) expectOption('subtaskConflict(labels)', label, inClasses);
  const oneHot = tf.tidy(
    () => tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), network.classes), 'float32') as Probabilities,
  );
  const losses: Readonly<Record<ConflictTarget, ((margins: Logits) => Tensor1D) | undefined>> = {
    hard: (margins) => subtaskCrossEntropy(oneHot, margins),
    'label-smoothing': (margins) => subtaskCrossEntropy(smoothedBinary(oneHot, smoothing), margins),
    kd: teacher === undefined ? undefined : (margins) => subtaskKd(teacher, margins, temperature),
  };
  const found: Partial<Record<ConflictTarget, Conflict>> = {};
  try {
    for (const [target, loss] of Object.entries(losses)) {
      if (loss === undefined) continue;
      const rows = gradientRows(network, images, variables, loss);
      found[target as ConflictTarget] = conflictOf(await rows.array());
      rows.dispose();
    }
  } finally {
    oneHot.dispose();
  }
  return found;
}

/** One row per subtask: its gradients in all variables, flattened and concatenated. */
function gradientRows(
  network: Network,
  images: Images,
  variables: readonly tf.Variable[],
  loss: (margins: Logits) => Tensor1D,
): tf.Tensor2D {
  return tf.tidy(() =>
    onOneTape(
      () => tf.unstack(loss(network.forward(images).logits)),
      (losses, gradientOf) => {
        const rows = losses.map((value) => {
          const gradients = gradientOf(() => value as tf.Scalar, variables);
          const flat = variables.map((variable, at) =>
            tf.reshape(gradients[at] ?? tf.zerosLike(variable), [-1]),
          );
          return tf.concat(flat);
        });
        return tf.stack(rows) as tf.Tensor2D;
      },
    ),
  );
}

function conflictOf(rows: Matrix): Conflict {
  const cosines = pairwise(rows, cosine);
  const pairs = cosines.flatMap((row, at) => row.slice(at + 1));
  return { cosines, mean: mean(pairs), negativeShare: mean(pairs.map((value) => (value < 0 ? 1 : 0))) };
}

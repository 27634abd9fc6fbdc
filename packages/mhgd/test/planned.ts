import * as tf from '@tensorflow/tfjs-core';
import { createRandom, freeze, onOneTape, sgd, sumOfTerms, teacherAsRead } from '@distilljs/core';
import type {
  Backward,
  FrozenNetwork,
  Method,
  NamedTensors,
  Network,
  OptimizerSpec,
  Phase,
  Plan,
  Step,
} from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';

/** A plan on tiny networks, for looks at one step of it. */
export interface Planned {
  readonly plan: Plan;
  readonly student: Network;
  readonly teacher: FrozenNetwork;
}

const BATCH = 12;

/** Plans for a teacher 6 wide and a student of `width`. */
export async function planned(
  method: Method,
  given: {
    readonly epochs?: number;
    readonly optimizer?: OptimizerSpec;
    readonly width?: number;
    readonly teacherWidth?: number;
  } = {},
): Promise<Planned> {
  const { epochs = 2, optimizer = sgd({ learningRate: 0.05 }), width = 6, teacherWidth = 6 } = given;
  const student = tinyNetwork(2, { width });
  const teacher = freeze(tinyNetwork(1, { width: teacherWidth }));
  const plan = await method.plan({
    students: [student],
    teacher,
    train: tinyDataset(BATCH, 1),
    images: () => Promise.resolve(images()),
    epochs,
    batchSize: BATCH,
    optimizer,
    random: createRandom(3),
  });
  return { plan, student, teacher };
}

/**
 * One step of a phase.
 * @param only take this term's gradient and apply nothing
 * @returns the gradients; the caller disposes them
 */
export function stepOn({ plan, student, teacher }: Planned, index: number, only?: string): NamedTensors {
  const phase = plan.phases[index] as Phase;
  const update = phase.updates[0] as Phase['updates'][number];
  return tf.tidy<tf.TensorContainer>(() => {
    const batch = images();
    const labels = tf.tensor1d(
      Int32Array.from({ length: BATCH }, (_, at) => at % 3),
      'int32',
    );
    const asked = teacherAsRead(teacher, phase.reads);
    const ofTeacher = asked.teacher.forward(batch, asked.taps);
    const forward = (): ReturnType<typeof update.terms> => {
      const taps = phase.reads.students?.[0];
      const output = taps === undefined ? undefined : student.forward(batch, { training: true, taps });
      return update.terms({
        images: batch,
        labels,
        oneHot: tf.cast(tf.oneHot(labels, 3), 'float32') as tf.Tensor2D,
        student: output,
        teacher: ofTeacher,
        random: createRandom(4),
      } as unknown as Step);
    };
    return onOneTape(forward, (terms, gradientOf) => {
      const names = Object.keys(update.variables);
      const backward: Backward = {
        terms: Object.keys(terms),
        epoch: 0,
        numberAt: (of) => of(0),
        gradient: (selected = Object.keys(terms)) => {
          const acting = selected.flatMap((name) => terms[name] ?? []).filter(({ weight }) => weight !== 0);
          const sum = (): tf.Scalar =>
            tf.addN(acting.map(({ value, weight }) => tf.mul<tf.Scalar>(value, weight)));
          const found = gradientOf(sum, Object.values(update.variables));
          return Object.fromEntries(
            found.flatMap((gradient, at) => (gradient === undefined ? [] : [[names[at] ?? '', gradient]])),
          );
        },
      };
      if (only !== undefined) return backward.gradient([only]);
      const gradients = (update.combine ?? sumOfTerms()).combine(backward);
      const optimizer = update.optimizer.create(update.variables);
      optimizer.apply(gradients, { epoch: 0, epochs: phase.epochs });
      optimizer.dispose();
      return gradients;
    });
  }) as NamedTensors;
}

function images(): tf.Tensor4D {
  const data = tinyDataset(BATCH, 1);
  const pixels = Array.from({ length: BATCH }, (_, at) => [...data.image(at)]).flat();
  return tf.tensor4d(
    pixels.map((pixel) => pixel / 100 - 1),
    [BATCH, 6, 6, 2],
  );
}

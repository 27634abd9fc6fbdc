import * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import { DistillError } from '../error/index.js';
import type { Logits, Tensor } from '../tensor/index.js';
import { ownedOutput } from './ask-teacher.js';
import type { Condense, FrozenNetwork, NetworkOutput } from './contract.js';
import { networkOutput } from './taps.js';

/** A teacher, and the taps to request from it in addition to the logits. */
export interface Asked {
  readonly teacher: FrozenNetwork;
  readonly taps: readonly string[];
}

/**
 * The teacher as a phase reads it: with its taps, or with the values that `condense` computes from them. A
 * condensed teacher gives only these values, and so does a cache of its outputs.
 *
 * @param reads the `reads` of a phase that reads the teacher
 */
export function teacherAsRead(
  teacher: FrozenNetwork,
  {
    teacher: taps = [],
    condense,
  }: {
    readonly teacher?: readonly string[] | undefined;
    readonly condense?: Condense | undefined;
  },
): Asked {
  if (condense === undefined) return { teacher, taps };
  return { teacher: condensed(teacher, taps, condense), taps: Object.keys(condense.shapes) };
}

function condensed(network: FrozenNetwork, taps: readonly string[], { shapes, of }: Condense): FrozenNetwork {
  const names = Object.keys(shapes);
  const valuesOf = (output: NetworkOutput): [Logits, ...Tensor[]] => {
    const made = of(output);
    return [output.logits, ...names.map((name) => expectMade(network.name, name, shapes[name], made[name]))];
  };
  const { ask } = network;
  return {
    ...network,
    tapNames: names,
    tapShape: (name) => shapes[name] ?? [],
    forward: (images) =>
      withoutTape(() => {
        const [logits, ...values] = tf.tidy(() => valuesOf(network.forward(images, taps)));
        return networkOutput(network.name, logits, names, values);
      }),
    ...(ask !== undefined && {
      async ask(images) {
        const answer = await ask(images, taps);
        try {
          const [logits, ...values] = withoutTape(() =>
            tf.tidy(() => valuesOf(answer).map((value) => tf.clone(value)) as [Logits, ...Tensor[]]),
          );
          return ownedOutput(network.name, logits, names, values);
        } finally {
          answer.dispose();
        }
      },
    }),
  };
}

function expectMade(
  network: string,
  name: string,
  shape: readonly number[] = [],
  value: Tensor | undefined,
): Tensor {
  const got = value?.shape.slice(1);
  if (value !== undefined && got?.join() === shape.join()) return value;
  throw new DistillError({
    code: 'contract',
    where: `reads.condense of network '${network}'`,
    expected: `a value '${name}' of shape [batch, ${shape.join(', ')}]`,
    got: got === undefined ? 'none' : `[batch, ${got.join(', ')}]`,
  });
}

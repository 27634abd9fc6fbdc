import { sha256 } from '@noble/hashes/sha2';
import { utf8ToBytes } from '@noble/hashes/utils';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { describeValue, DistillError } from '../error/index.js';
import { expectOption, wholeNumber } from '../option/index.js';

/**
 * A seeded stream of random numbers that forks by label.
 *
 * A fork depends only on the path of labels from the seed: not on how many numbers its parent has drawn, nor on
 * other forks. Two methods with one seed therefore see the same student weights (`fork('student')`), order and
 * augmentation. A resumed run needs no generator state: it forks `epoch/step` again.
 */
export interface Random {
  /** The labels from the seed to here, e.g. `1/train/epoch-3`. */
  readonly path: string;
  /** An independent stream named `label`. */
  fork(label: string | number): Random;
  /** Uniform in `[0, 1)`, 53 bits. */
  uniform(): number;
  /** Uniform whole number in `[0, below)`; `below` is at least 1. */
  integer(below: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** A permutation of `0 … size−1` (Fisher–Yates). */
  permutation(size: number): Int32Array;
}

/**
 * The root stream of a run.
 *
 * @param seed any safe integer; it determines everything random in a run
 * @throws DistillError code `option` when `seed` is not a safe integer
 */
export function createRandom(seed: number): Random {
  expectOption('seed', seed, wholeNumber());
  return streamAt(String(seed));
}

/** @throws DistillError code `option` for anything but a stream, such as a seed */
export function expectRandom(where: string, given: unknown): asserts given is Random {
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && ['fork', 'uniform', 'permutation'].every((name) => name in given)) return;
  const seed = Number.isSafeInteger(given) ? String(given) : 'seed';
  const fields = { code: 'option', where, expected: 'a random stream', got: describeValue(given) } as const;
  throw new DistillError({ ...fields, hint: `Pass createRandom(${seed}).` });
}

/** A stream that is created on first use: creating one costs a hash. */
export function lateStream(make: () => Random): Random {
  let made: Random | undefined;
  const stream = (): Random => (made ??= make());
  return {
    get path() {
      return stream().path;
    },
    fork: (label) => lateStream(() => stream().fork(label)),
    uniform: () => stream().uniform(),
    integer: (below) => stream().integer(below),
    normal: () => stream().normal(),
    permutation: (size) => stream().permutation(size),
  };
}

function streamAt(path: string): Random {
  const digest = new DataView(sha256(utf8ToBytes(path)).buffer);
  const words = [0, 4, 8, 12].map((offset) => digest.getInt32(offset));
  const generator = xoroshiro128plusFromState(words);
  let spare: number | undefined;

  const uniform = (): number => uniformFloat64(generator);
  const integer = (below: number): number => uniformInt(generator, 0, below - 1);
  return {
    path,
    fork: (label) => streamAt(`${path}/${label}`),
    uniform,
    integer,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    permutation(size) {
      const order = Int32Array.from({ length: size }, (_, position) => position);
      for (let last = size - 1; last > 0; last--) {
        const other = integer(last + 1);
        const moved = order[last] ?? 0;
        order[last] = order[other] ?? 0;
        order[other] = moved;
      }
      return order;
    },
  };
}

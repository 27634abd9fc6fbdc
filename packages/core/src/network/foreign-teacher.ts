import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { describeValue, DistillError } from '../error/index.js';
import { expectKnown } from '../option/index.js';
import { createRandom } from '../random/index.js';
import { expectShape } from '../tensor/index.js';
import type { Tensor } from '../tensor/index.js';
import { ownedOutput } from './ask-teacher.js';
import type { FrozenNetwork, LogitsSource, NetworkNode, OwnedOutput } from './contract.js';
import { answerOf, expectVaried, numbersOf, partOf } from './foreign-answer.js';
import type { ForeignAnswer } from './foreign-answer.js';
import { expectSource, logProbabilities } from './logits.js';
import { missingTap } from './taps.js';

/** A batch of normalized images as passed to a foreign teacher. */
export interface ForeignImages {
  /** The pixel values, NHWC. The function may keep the array. */
  readonly values: Float32Array;
  /** `[batch, height, width, channels]`. */
  readonly shape: readonly [number, number, number, number];
}

export interface ForeignTeacherOptions {
  /** Name of the teacher. Default `teacher`. */
  readonly name?: string | undefined;
  /** Number of classes, or their names in the order of the logits. */
  readonly classes: number | readonly string[];
  /** `[height, width, channels]` of one image; −1 for an axis of any size. */
  readonly imageShape: readonly [number, number, number];
  /** Shapes of the taps by name, without the batch axis. Default: no taps. */
  readonly taps?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Default `output`: the answer is logits. `softmax`: it is probabilities, whose logarithm is taken. */
  readonly logitsFrom?: LogitsSource | undefined;
  /**
   * Must change whenever the teacher does: it identifies checkpoints and cached outputs. Default: the logits of
   * two noise images, rounded to three digits.
   */
  readonly version?: string | undefined;
  /** Number of weights. Default: NaN, unknown. */
  readonly parameters?: number | undefined;
  readonly dispose?: (() => void) | undefined;
}

/**
 * Makes a teacher from anything that returns logits: another library, a program, an HTTP service.
 *
 * ```ts
 * const teacher = teacherFrom(
 *   async ({ values, shape }) => (await post('http://localhost:8000/logits', { values: [...values], shape })).logits,
 *   { classes: 10, imageShape: [32, 32, 3], version: 'service 3' },
 * );
 * ```
 *
 * It is called once per batch, before the step; with cached outputs, once per image and view. Every answer is
 * checked.
 *
 * @param fn receives normalized images and the names of the requested taps; answers synchronously or as a promise
 * @throws DistillError code `option` for wrong options. `ask` throws code `network` for an answer of another
 *   shape, with values that are not finite, or with equal logits for images that differ
 */
export function teacherFrom(
  fn: (images: ForeignImages, taps: readonly string[]) => ForeignAnswer | Promise<ForeignAnswer>,
  options: ForeignTeacherOptions,
): FrozenNetwork {
  expectOptions(fn, options);
  expectSource('teacherFrom', options.logitsFrom);
  const { name = 'teacher', imageShape, taps = {}, logitsFrom = 'output' } = options;
  const classes = typeof options.classes === 'number' ? options.classes : options.classes.length;
  const tapNames = Object.keys(taps);
  const indexOf = (tap: string): number => {
    const index = tapNames.indexOf(tap);
    if (index === -1) throw missingTap(`network '${name}'`, tap, tapNames, []);
    return index;
  };
  const tapShape = (tap: string): readonly number[] => taps[tapNames[indexOf(tap)] ?? ''] ?? [];
  let varies = false;
  let known: Promise<string> | undefined;

  const ask = async (images: tf.Tensor4D, wanted: readonly string[] = []): Promise<OwnedOutput> => {
    expectShape(`network '${name}', images`, images, [null, ...imageShape]);
    wanted.forEach(indexOf);
    // A copy: some engines return their own memory.
    const values = Float32Array.from(await images.data<'float32'>());
    const [batch] = images.shape;
    const answer = await answerOf(name, () => fn({ values, shape: images.shape }, wanted));
    const logits = await numbersOf(name, 'logits', partOf(answer, 'logits'), [batch, classes]);
    varies ||= expectVaried(name, batch, logits, values);
    // Check all before making the first tensor, so that a refused answer leaves none behind.
    const maps = [];
    for (const tap of wanted)
      maps.push(await numbersOf(name, `tap '${tap}'`, partOf(answer, tap), [batch, ...tapShape(tap)]));
    const found = maps.map(({ values: numbers, shape }): Tensor => tf.tensor(numbers, shape));
    const rows = tf.tidy(() => {
      const given = tf.tensor2d(logits.values, [batch, classes]);
      return logitsFrom === 'softmax' ? logProbabilities(given) : given;
    });
    return ownedOutput(name, rows, wanted, found);
  };
  const probe = async (): Promise<string> => {
    const random = createRandom(0);
    const shape = [2, ...imageShape.map((axis) => (axis === -1 ? 32 : axis))] as [
      number,
      number,
      number,
      number,
    ];
    const images = tf.tensor4d(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform()),
      shape,
    );
    try {
      const { logits, dispose } = await ask(images);
      const digits = Array.from(await logits.data<'float32'>(), (value) => value.toPrecision(3));
      dispose();
      return digits.join(' ');
    } finally {
      images.dispose();
    }
  };

  return {
    name,
    inputShape: imageShape,
    classes,
    ...(typeof options.classes !== 'number' && { classNames: options.classes }),
    tapNames,
    tapShape,
    tapOutput: indexOf,
    nodes: () => declaredNodes(taps),
    parameters: options.parameters ?? NaN,
    macs: NaN,
    weights: {},
    givesLogits: logitsFrom === 'softmax',
    logitsFrom,
    ask,
    forward() {
      throw new DistillError({
        code: 'contract',
        where: `network '${name}'`,
        expected: '`askTeacher`, because this teacher answers asynchronously',
        got: 'a call of forward()',
      });
    },
    fingerprint() {
      known ??= (async () => {
        const what = [name, classes, imageShape, taps, logitsFrom, options.version ?? (await probe())];
        return bytesToHex(sha256(utf8ToBytes(JSON.stringify(what))));
      })();
      return known;
    },
    dispose() {
      options.dispose?.();
    },
  };
}

function expectOptions(fn: unknown, options: ForeignTeacherOptions): void {
  const refuse = (where: string, expected: string, got: unknown): never => {
    throw new DistillError({ code: 'option', where, expected, got: describeValue(got) });
  };
  const known = ['name', 'classes', 'imageShape', 'taps', 'logitsFrom', 'version', 'parameters', 'dispose'];
  expectKnown('teacherFrom', options, known);
  const { classes, imageShape, taps = {} } = options;
  const isSize = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
  if (typeof fn !== 'function') refuse('teacherFrom', 'a function that gives logits', fn);
  const count = Array.isArray(classes) ? classes.length : classes;
  const isNames = !Array.isArray(classes) || classes.every((each: unknown) => typeof each === 'string');
  if (!isSize(count) || !isNames)
    refuse('teacherFrom.classes', 'a number of classes, or their names', classes);
  const shape: unknown = imageShape;
  if (!Array.isArray(shape) || shape.length !== 3 || !shape.every((axis) => axis === -1 || isSize(axis)))
    refuse('teacherFrom.imageShape', '[height, width, channels]', shape);
  for (const [tap, axes] of Object.entries(taps) as [string, unknown][])
    if (!Array.isArray(axes) || !axes.every(isSize))
      refuse(`teacherFrom.taps.${tap}`, 'the shape of the tap, without the batch axis', axes);
}

/** The declared feature maps, largest first: nothing else is known about the order in which they are computed. */
function declaredNodes(taps: Readonly<Record<string, readonly number[]>>): readonly NetworkNode[] {
  const area = ([height = 0, width = 0]: readonly number[]): number => height * width;
  return Object.entries(taps)
    .filter(([, shape]) => shape.length === 3)
    .sort(([, one], [, other]) => area(other) - area(one))
    .map(([name, shape], at, all) => ({
      name,
      op: 'tap',
      inputs: at === 0 ? [] : [all[at - 1]?.[0] ?? ''],
      shape,
    }));
}

import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { expectDivided, expectImageShape, expectNormalization } from '../data/index.js';
import type { Dataset, Normalization } from '../data/index.js';
import { withoutTape } from '../engine/tape.js';
import { describeValue, DistillError } from '../error/index.js';
import { markAs, networkOutput } from '../network/index.js';
import type { FrozenNetwork } from '../network/index.js';
import { expectKnown } from '../option/index.js';
import { shapeText } from '../tensor/index.js';
import type { Images, Logits, Tensor } from '../tensor/index.js';

/** How a teacher's images differ from the students'. */
export interface TeacherInput {
  /** The normalization that the teacher was trained with. Default: the students'. */
  readonly normalization?: Normalization | undefined;
  /**
   * Edge or `[height, width]` of the teacher's images in pixels. They are resized bilinearly (half-pixel
   * centres) without antialiasing, so do not shrink them by more than a factor of 2. Default: the size of the
   * data.
   */
  readonly imageSize?: number | readonly [height: number, width: number] | undefined;
}

/** The students' images: their shape, and the normalization applied to them. */
export interface GivenImages {
  readonly imageShape: Dataset['imageShape'];
  readonly normalization: Normalization;
}

/**
 * Wraps a network so that it takes the students' images. They are renormalized for `network`,
 * `x · (std / own std) + (mean − own mean) / own std` per channel, and resized.
 *
 * @returns the wrapper, whose `dispose` is that of `network`; `network` itself if nothing needs to change. Of a network
 *   that takes images of any size, it knows the shapes of taps for these images
 * @throws DistillError codes `option`; `shape` for an image size that the network does not accept
 */
export function withInput(network: FrozenNetwork, input: TeacherInput, given: GivenImages): FrozenNetwork {
  const { normalization, imageSize } = checkedInput(input, given);
  const [height, width, channels] = given.imageShape;
  const isResized = imageSize !== undefined && (imageSize[0] !== height || imageSize[1] !== width);
  const affine = affineOf(given.normalization, normalization);
  if (affine === undefined && !isResized) return withTapShapes(network, network, given.imageShape);
  const taken: Dataset['imageShape'] = isResized ? [...imageSize, channels] : given.imageShape;
  if (isResized && !network.inputShape.every((axis, at) => axis === -1 || axis === taken[at])) {
    throw new DistillError({
      code: 'shape',
      where: 'teacherInput.imageSize',
      expected: `the input of network '${network.name}', ${shapeText(network.inputShape)}`,
      got: shapeText(taken),
    });
  }
  const asItWasTrained = (images: Images): Images =>
    withoutTape(() => {
      const own =
        affine === undefined
          ? images
          : tf.add<Images>(tf.mul(images, tf.tensor1d([...affine.factor])), tf.tensor1d([...affine.offset]));
      return isResized ? tf.image.resizeBilinear(own, [...imageSize], false, true) : own;
    });
  const { ask } = network;
  const change = JSON.stringify([affine ?? null, isResized ? imageSize : null]);
  const taught: FrozenNetwork = {
    ...network,
    inputShape: isResized ? given.imageShape : network.inputShape,
    ...(affine !== undefined && { normalization: given.normalization }),
    async fingerprint() {
      return bytesToHex(sha256(utf8ToBytes(`${await network.fingerprint()} ${change}`)));
    },
    forward: (images, taps = []) => {
      const pass = (part: Images): [Logits, ...Tensor[]] =>
        tf.tidy(() => {
          const output = network.forward(asItWasTrained(part), taps);
          return [output.logits, ...taps.map((tap) => output.tap(tap))];
        });
      const [logits, ...values] = inParts(images, taken, pass);
      return networkOutput(network.name, logits, taps, values);
    },
    ...(ask !== undefined && {
      async ask(images, taps) {
        const own = tf.tidy(() => tf.clone(asItWasTrained(images)));
        try {
          return await ask(own, taps);
        } finally {
          own.dispose();
        }
      },
    }),
  };
  return withTapShapes(markAs(taught, network), network, given.imageShape);
}

/**
 * The teacher with the shapes that its taps have for images of this size: a graph model that takes any size knows
 * those of a trial image.
 */
function withTapShapes(
  teacher: FrozenNetwork,
  own: FrozenNetwork,
  imageShape: Dataset['imageShape'],
): FrozenNetwork {
  if (teacher.ask !== undefined || !own.inputShape.includes(-1)) return teacher;
  const known = new Map<string, readonly number[]>();
  const tapShape = (tap: string): readonly number[] => {
    let shape = known.get(tap);
    if (shape === undefined) {
      shape = teacher.tapShape(tap);
      const image = (): Images => tf.zeros([1, ...imageShape]);
      if (!shape.includes(-1)) shape = tf.tidy(() => teacher.forward(image(), [tap]).tap(tap).shape.slice(1));
      known.set(tap, shape);
    }
    return shape;
  };
  return markAs({ ...teacher, tapShape }, teacher);
}

/**
 * Maximum number of image values in a forward pass: a network's activations take about a hundred times as many.
 */
const MOST_VALUES = 2 ** 21;

/** Runs a batch in parts: enlarged to the teacher's size, a whole batch may exceed memory. */
function inParts(
  images: Images,
  taken: Dataset['imageShape'],
  pass: (part: Images) => [Logits, ...Tensor[]],
): [Logits, ...Tensor[]] {
  const count = images.shape[0];
  const most = Math.max(8, Math.floor(MOST_VALUES / taken.reduce((product, axis) => product * axis, 1)));
  if (count <= most) return pass(images);
  return tf.tidy(() => {
    const parts = Array.from({ length: Math.ceil(count / most) }, (_, at) => {
      const size = Math.min(most, count - at * most);
      return pass(tf.slice(images, [at * most, 0, 0, 0], [size, -1, -1, -1]));
    });
    const joined = (parts[0] ?? []).map((_, value) =>
      withoutTape(() => tf.concat(parts.map((part) => part[value] as Tensor))),
    );
    return joined as [Logits, ...Tensor[]];
  });
}

function checkedInput(
  input: TeacherInput,
  images: GivenImages,
): { readonly normalization: Normalization; readonly imageSize: readonly [number, number] | undefined } {
  const refuse = (what: string, expected: string, got: string, hint?: string): never => {
    throw new DistillError({ code: 'option', where: `teacherInput${what}`, expected, got, hint });
  };
  const seen: unknown = images;
  if (typeof seen !== 'object' || seen === null)
    refuse('', 'the images that students see, { imageShape, normalization }', describeValue(seen));
  const { imageShape, normalization } = images;
  expectImageShape('withInput', imageShape);
  expectNormalization(normalization, images);
  expectKnown('teacherInput', input, ['normalization', 'imageSize']);
  if (input.normalization !== undefined) {
    expectNormalization(input.normalization, { imageShape }, 'teacherInput.normalization');
    // For 16-bit pixels both normalizations are legitimately large.
    if (normalization.std.every((value) => value <= 10))
      expectDivided(input.normalization, normalization.std, 'teacherInput.normalization');
  }
  const { imageSize } = input;
  const size = typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
  const isSize =
    size === undefined ||
    (Array.isArray(size) &&
      size.length === 2 &&
      size.every((edge) => Number.isSafeInteger(edge) && edge >= 1));
  if (!isSize) refuse('.imageSize', 'an edge or [height, width] in pixels', describeValue(imageSize));
  return {
    normalization: input.normalization ?? normalization,
    imageSize: size as readonly [number, number] | undefined,
  };
}

/** The affine map from one normalization to another; undefined if they are equal. */
function affineOf(
  from: Normalization,
  to: Normalization,
): { readonly factor: readonly number[]; readonly offset: readonly number[] } | undefined {
  const factor = to.std.map((std, channel) => (from.std[channel] ?? 1) / std);
  const offset = to.std.map((std, channel) => ((from.mean[channel] ?? 0) - (to.mean[channel] ?? 0)) / std);
  const isSame = factor.every((value) => value === 1) && offset.every((value) => value === 0);
  return isSame ? undefined : { factor, offset };
}

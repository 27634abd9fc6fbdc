import { DistillError, nearestNameHint } from '@distilljs/core';
import type { BuiltModel, ModelShape } from './built-model.js';
import { withZeroWeights } from './conv-bn.js';
import { imagenetResnet } from './imagenet-resnet.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { mobilenet } from './mobilenet.js';
import { plain } from './plain.js';
import { resnet } from './resnet.js';
import { shufflenetV1, shufflenetV2 } from './shufflenet.js';
import type { Stem } from './stem.js';
import { fitsHidden, vgg } from './vgg.js';
import { wideResnet } from './wide-resnet.js';

type Builder = (name: string, shape: ModelShape) => BuiltModel;

const residual =
  (depth: number, wide = false): Builder =>
  (name, shape) =>
    resnet(name, { depth, wide }, shape);
const wide =
  (depth: number, factor: number): Builder =>
  (name, shape) =>
    wideResnet(name, depth, factor, shape);
const straight =
  (width: number): Builder =>
  (name, shape) =>
    plain(name, width, shape);
const stacked =
  (...convolutions: readonly number[]): Builder =>
  (name, shape) =>
    vgg(name, { convolutions }, shape);
const stackedWithHidden =
  (...convolutions: readonly number[]): Builder =>
  (name, shape) =>
    vgg(name, { convolutions, hidden: true }, shape);
const separable =
  (width: number): Builder =>
  (name, shape) =>
    mobilenet(name, width, shape);

/** A network with two stems: its plain name picks one by the images' size, the names with `-32` and `-224` fix it. */
function withStems<Name extends string>(
  name: Name,
  build: (name: string, shape: ModelShape, stem?: Stem) => BuiltModel,
): Record<Name | `${Name}-32` | `${Name}-224`, Builder> {
  return {
    [name]: (given: string, shape: ModelShape) => build(given, shape),
    [`${name}-32`]: (given: string, shape: ModelShape) => build(given, shape, 32),
    [`${name}-224`]: (given: string, shape: ModelShape) => build(given, shape, 224),
  } as Record<Name | `${Name}-32` | `${Name}-224`, Builder>;
}

const BUILDERS = {
  plain8: straight(8),
  plain16: straight(16),
  plain32: straight(32),
  resnet8: residual(8),
  resnet14: residual(14),
  resnet20: residual(20),
  resnet32: residual(32),
  resnet44: residual(44),
  resnet56: residual(56),
  resnet110: residual(110),
  resnet8x4: residual(8, true),
  resnet32x4: residual(32, true),
  'wrn-10-1': wide(10, 1),
  'wrn-10-4': wide(10, 4),
  'wrn-16-1': wide(16, 1),
  'wrn-16-2': wide(16, 2),
  'wrn-22-4': wide(22, 4),
  'wrn-28-2': wide(28, 2),
  'wrn-40-1': wide(40, 1),
  'wrn-40-2': wide(40, 2),
  vgg8: stacked(1, 1, 1, 1, 1),
  vgg11: stacked(1, 1, 2, 2, 2),
  vgg13: stacked(2, 2, 2, 2, 2),
  vgg16: stacked(2, 2, 3, 3, 3),
  vgg19: stacked(2, 2, 4, 4, 4),
  mobilenet16: separable(16),
  mobilenet32: separable(32),
  mobilenet64: separable(64),
  ...withStems('resnet18', (name, shape, stem) => imagenetResnet(name, { depth: 18, stem }, shape)),
  ...withStems('resnet34', (name, shape, stem) => imagenetResnet(name, { depth: 34, stem }, shape)),
  ...withStems('resnet50', (name, shape, stem) => imagenetResnet(name, { depth: 50, stem }, shape)),
  'vgg11-224': stackedWithHidden(1, 1, 2, 2, 2),
  'vgg13-224': stackedWithHidden(2, 2, 2, 2, 2),
  'vgg16-224': stackedWithHidden(2, 2, 3, 3, 3),
  'vgg19-224': stackedWithHidden(2, 2, 4, 4, 4),
  ...withStems('mobilenetv2-0.5', (name, shape, stem) => mobilenetV2(name, { width: 0.5, stem }, shape)),
  ...withStems('mobilenetv2', (name, shape, stem) => mobilenetV2(name, { width: 1, stem }, shape)),
  'mobilenetv2-half': (name, shape) => mobilenetV2(name, { width: 0.5, stem: 32, benchmark: true }, shape),
  ...withStems('shufflenetv1', (name, shape, stem) => shufflenetV1(name, { stem }, shape)),
  ...withStems('shufflenetv2-0.5', (name, shape, stem) => shufflenetV2(name, { width: 0.5, stem }, shape)),
  ...withStems('shufflenetv2', (name, shape, stem) => shufflenetV2(name, { width: 1, stem }, shape)),
} satisfies Record<string, Builder>;

/** A name that {@link buildModel} takes. */
export type ModelName = keyof typeof BUILDERS;

/** Every network of the zoo, from small to large within a family. */
export const modelNames: readonly ModelName[] = Object.keys(BUILDERS) as ModelName[];

/** A stem of a network, and the name under which the network has this stem whatever the images' size. */
export interface NamedStem {
  readonly edge: Stem;
  readonly name: ModelName;
}

/**
 * The image edges that a network is made for. It takes other sizes too, unless it has hidden dense layers (`vgg16-224`).
 */
export function stemsOf(name: ModelName): readonly NamedStem[] {
  const named = ([32, 224] as const).flatMap((edge) => {
    const full = `${name}-${edge}`;
    return isModelName(`${name}-32`) && isModelName(full) ? [{ edge, name: full }] : [];
  });
  return named.length > 0 ? named : [{ edge: name.endsWith('-224') ? 224 : 32, name }];
}

/** The smallest edge that survives three halvings in every network of the zoo. */
const SMALLEST_EDGE = 8;

/** Whether {@link buildModel} makes a network for images of this size. */
export const takesImages = (
  name: ModelName,
  [height, width]: readonly [number, number, ...number[]],
): boolean =>
  Math.min(height, width) >= SMALLEST_EDGE && (!/^vgg\d+-224$/.test(name) || fitsHidden(height, width));

/**
 * Builds a fresh zoo network. Its weights come from the engine's unseeded initializers: redraw them from a seed before training.
 *
 * @param name one of {@link modelNames}
 * @param weights `zero` where every weight is about to be set or none is read: drawing 20 million takes a second
 * @throws DistillError code `option` for an unknown name; `shape` for images below 8×8, and for a network with hidden dense layers
 * (`vgg16-224`) also for images whose edges are not 224 to 255
 */
export function buildModel(
  name: string,
  shape: ModelShape,
  { weights = 'drawn' }: { readonly weights?: 'drawn' | 'zero' } = {},
): BuiltModel {
  const builder: Builder | undefined = isModelName(name) ? BUILDERS[name] : undefined;
  if (builder === undefined) {
    throw new DistillError({
      code: 'option',
      where: 'model',
      expected: 'a network of the zoo',
      got: `'${name}'`,
      hint: nearestNameHint(name, modelNames),
    });
  }
  const [height, width] = shape.imageShape;
  if (Math.min(height, width) < SMALLEST_EDGE) {
    throw new DistillError({
      code: 'shape',
      where: `model ${name}`,
      expected: `images of at least ${SMALLEST_EDGE}×${SMALLEST_EDGE}`,
      got: `${height}×${width}`,
    });
  }
  return weights === 'zero' ? withZeroWeights(() => builder(name, shape)) : builder(name, shape);
}

/** True for a name that {@link buildModel} takes. */
export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(BUILDERS, name);
}

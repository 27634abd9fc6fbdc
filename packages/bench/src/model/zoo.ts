import { DistillError, nearestNameHint } from '@distilljs/core';
import type { BuiltModel, ModelShape } from './built-model.js';
import { mobilenet } from './mobilenet.js';
import { plain } from './plain.js';
import { resnet } from './resnet.js';
import { vgg } from './vgg.js';
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
    vgg(name, convolutions, shape);
const separable =
  (width: number): Builder =>
  (name, shape) =>
    mobilenet(name, width, shape);

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
} satisfies Record<string, Builder>;

/** A name that {@link buildModel} takes. */
export type ModelName = keyof typeof BUILDERS;

/** Every network of the zoo, from small to large within a family. */
export const modelNames: readonly ModelName[] = Object.keys(BUILDERS) as ModelName[];

/** The smallest edge that survives three halvings in every network of the zoo. */
const SMALLEST_EDGE = 8;

/**
 * A fresh network of the zoo. Its weights are whatever the engine draws: redraw them from a seed before training.
 *
 * @param name one of {@link modelNames}
 * @throws DistillError code `option` for a name that is not there, `shape` for images below 8×8
 */
export function buildModel(name: string, shape: ModelShape): BuiltModel {
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
  return builder(name, shape);
}

/** True for a name that {@link buildModel} takes. */
export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(BUILDERS, name);
}

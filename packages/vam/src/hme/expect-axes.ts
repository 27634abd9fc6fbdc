import { DistillError, shapeText } from '@distilljs/core';

type Shape = readonly (number | null)[];

/**
 * Throws unless the inputs of a layer have the expected axes. tfjs itself would complain only when the layer runs.
 *
 * @param expected null for any size
 * @throws DistillError code `shape`
 */
export function expectAxes(layer: string, inputs: readonly Shape[], expected: Shape): void {
  const fits = (input: Shape): boolean =>
    input.length === expected.length &&
    expected.every((size, axis) => size === null || (input[axis] ?? size) === size);
  const wrong = inputs.find((input) => !fits(input));
  if (wrong === undefined) return;
  throw new DistillError({
    code: 'shape',
    where: `layer '${layer}'`,
    expected: `inputs of shape ${shapeText(expected)}`,
    got: shapeText(wrong),
  });
}

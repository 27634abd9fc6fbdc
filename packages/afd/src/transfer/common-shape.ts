import { DistillError } from '@distilljs/core';
import type { MapShape } from '../feature-map-shape.js';

/**
 * The shape that maps of different networks are brought into: the smallest height and width, and the given number of
 * channels (`auto`: the largest).
 *
 * @param maps each with how errors call it
 * @throws DistillError code `shape` when a height or width is no multiple of the smallest
 */
export function commonShape(
  maps: readonly { readonly where: string; readonly shape: MapShape }[],
  commonWidth: number | 'auto',
): MapShape {
  const smallest = (axis: 0 | 1): number => Math.min(...maps.map(({ shape }) => shape[axis]));
  const [height, width] = [smallest(0), smallest(1)];
  const uneven = maps.find(({ shape }) => shape[0] % height !== 0 || shape[1] % width !== 0);
  if (uneven !== undefined) {
    throw new DistillError({
      code: 'shape',
      where: uneven.where,
      expected: `a map whose height and width are multiples of the smallest (${height}×${width})`,
      got: `${uneven.shape[0]}×${uneven.shape[1]}`,
      hint: 'Tap layers of sizes that divide each other.',
    });
  }
  const channels = commonWidth === 'auto' ? Math.max(...maps.map(({ shape }) => shape[2])) : commonWidth;
  return [height, width, channels];
}

import { DistillError } from '@distilljs/core';
import type { FrozenNetwork, Network } from '@distilljs/core';

/** `[height, width, channels]`. */
export type MapShape = readonly [height: number, width: number, channels: number];

/**
 * Shape of a tapped feature map.
 *
 * @throws DistillError code `shape` when the tap is no feature map, `tap` when there is no such tap
 */
export function featureMapShape(network: Network | FrozenNetwork, tap: string): MapShape {
  const shape = network.tapShape(tap);
  if (shape.length === 3 && shape.every((axis) => axis > 0)) return shape as unknown as MapShape;
  throw new DistillError({
    code: 'shape',
    where: `network '${network.name}', tap '${tap}'`,
    expected: 'a feature map [height, width, channels] of known size',
    got: `[${shape.join(', ')}]`,
    hint: 'Tap the last layer before global average pooling.',
  });
}

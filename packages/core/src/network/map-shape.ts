import { DistillError } from '../error/index.js';
import { shapeText } from '../tensor/index.js';
import type { NetworkShape } from './contract.js';
import { expectNetwork } from './expect-network.js';

/** Shape of one image's feature map. */
export type MapShape = readonly [height: number, width: number, channels: number];

/**
 * Shape of a tapped feature map. Methods that compare maps call this when they plan.
 *
 * @param where the option that named the tap, e.g. `METHOD.studentTaps`
 * @throws DistillError code `tap` if there is no such tap; `shape` unless it is a feature map of a fixed size
 */
export function mapShape(where: string, network: NetworkShape, tap: string): MapShape {
  expectNetwork(where, network);
  const shape = network.tapShape(tap);
  if (shape.length === 3 && shape.every((axis) => axis > 0)) return shape as unknown as MapShape;
  throw new DistillError({
    code: 'shape',
    where: `${where}: tap '${tap}' of network '${network.name}'`,
    expected: 'a feature map [*, height, width, channels] of a fixed size',
    got: shapeText([null, ...shape]),
    hint: 'Tap a convolutional layer after its ReLU, such as the end of a stage before it is pooled.',
  });
}

import { DistillError, shapeText } from '@distilljs/core';
import type { NetworkShape } from '@distilljs/core';
import type { Grid } from '../map/index.js';
import { blockTaps } from './block-taps.js';

/** A tapped feature map. */
export interface MapLayer extends Grid {
  /** The tap. */
  readonly name: string;
  readonly channels: number;
}

/**
 * The feature maps that take part of one network.
 *
 * @param where the option, e.g. `rtk.studentTaps`
 * @throws DistillError code `tap` for taps that are not there, or `auto` where no taps fit; `shape` for one that is no feature
 *   map of a fixed size; `option` for a list that is empty or names a map twice
 */
export function mapLayers(
  where: string,
  network: NetworkShape,
  taps: 'auto' | readonly string[],
): MapLayer[] {
  const names = taps === 'auto' ? blockTaps(where, network) : taps;
  const layers = names.map((name) => {
    const shape = network.tapShape(name);
    const [height, width, channels] = shape;
    const sizes = [height, width, channels].filter((size) => size !== undefined && size > 0);
    if (shape.length === 3 && sizes.length === 3) {
      return { name, height: height ?? 0, width: width ?? 0, channels: channels ?? 0 };
    }
    throw new DistillError({
      code: 'shape',
      where: `${where}: tap '${name}' of network '${network.name}'`,
      expected: 'a feature map [*, height, width, channels] of a fixed size',
      got: shapeText([null, ...shape]),
      hint: 'Tap a convolutional layer, after its ReLU.',
    });
  });
  const outputs = names.map((name) => network.tapOutput(name));
  const twice = names.find((_, place) => outputs.indexOf(outputs[place] ?? 0) < place);
  if (layers.length > 0 && twice === undefined) return layers;
  throw new DistillError({
    code: 'option',
    where,
    expected: 'at least one tap, each feature map once',
    got: twice === undefined ? 'none' : `'${twice}' again`,
  });
}

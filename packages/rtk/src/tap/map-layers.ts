import { DistillError, mapShape } from '@distilljs/core';
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
    const [height, width, channels] = mapShape(where, network, name);
    return { name, height, width, channels };
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

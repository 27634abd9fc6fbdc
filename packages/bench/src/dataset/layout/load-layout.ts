import { firstOfEach } from '../divide.js';
import type { LoadedSplits, Split, Surroundings } from '../format.js';
import type { LayoutItems } from '../image-item.js';
import { imageSet } from '../image-set.js';
import type { ImageOptions } from '../image-set.js';

/** Options of every image dataset with a known layout. */
export interface LayoutOptions extends Partial<ImageOptions> {
  /** Number of training images, the same share of every class. Default: all. */
  readonly trainSize?: number | undefined;
  readonly testSize?: number | undefined;
}

/** A layout's images, decoded and of one size. */
export async function loadLayout(
  name: string,
  layout: LayoutItems,
  options: LayoutOptions & ImageOptions & { readonly dir: string },
  wanted: readonly Split[],
  surroundings: Surroundings,
): Promise<LoadedSplits> {
  const set = { ...firstOfEach(layout, options), name, root: options.dir, images: options };
  return await imageSet(set, wanted, surroundings);
}

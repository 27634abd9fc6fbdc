import type { Split } from './format.js';

/** One encoded image of a dataset: a file, or bytes that `source` reads. */
export interface ImageItem {
  readonly path: string;
  readonly label: number;
  readonly superclass?: number;
  /** Who or what it shows, and the camera that took it, for `metrics`. */
  readonly identity?: number | undefined;
  readonly camera?: number | undefined;
  /** Its weight in training. Default: 1. */
  readonly weight?: number;
  readonly source?: { readonly stamp: string; read(): Promise<Uint8Array> };
}

/** The images of a dataset by split, found by its layout. */
export interface LayoutItems {
  readonly items: Readonly<Partial<Record<Split, readonly ImageItem[]>>>;
  readonly classNames: readonly string[];
  readonly notes?: readonly string[];
}

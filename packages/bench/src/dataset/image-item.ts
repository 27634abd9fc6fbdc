import type { Split } from './format.js';

/** One image of a set, still packed: a file, or bytes that a source reads. */
export interface ImageItem {
  readonly path: string;
  readonly label: number;
  readonly superclass?: number;
  readonly identity?: number;
  readonly camera?: number;
  /** How much it counts in training. Default: 1. */
  readonly weight?: number;
  readonly source?: { readonly stamp: string; read(): Promise<Uint8Array> };
}

/** The images of a set, as its layout says them. */
export interface LayoutItems {
  readonly items: Readonly<Partial<Record<Split, readonly ImageItem[]>>>;
  readonly classNames: readonly string[];
  readonly notes?: readonly string[];
}

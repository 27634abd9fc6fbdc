/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
/** Bytes of one tile between its two passes: 36 vectors. */
export const TILE_BYTES: usize = 36 * 16;
/** Pixels along an edge of a tile of the output. */
export const EDGE: i32 = 4;

/** How the tiles of a convolution cover its images; a struct of i32 in the memory. */
@unmanaged
export class Plan {
  /** Of the input. */
  height: i32;
  width: i32;
  channels: i32;
  /** Rows and columns of zeros before the first. */
  top: i32;
  left: i32;
  /** Of the output; `n` channels. */
  outHeight: i32;
  outWidth: i32;
  n: i32;
  /** Tiles along an edge of the output, and in all images. */
  tileRows: i32;
  tileColumns: i32;
  tiles: i32;
  /** Tiles that are transformed at once, a multiple of 4. */
  block: i32;
}

/** Image, first row and first column of a tile in the output. */
export function imageOf(plan: Plan, tile: i32): i32 {
  return tile / (plan.tileRows * plan.tileColumns);
}

export function rowOf(plan: Plan, tile: i32): i32 {
  return ((tile / plan.tileColumns) % plan.tileRows) * EDGE;
}

export function columnOf(plan: Plan, tile: i32): i32 {
  return (tile % plan.tileColumns) * EDGE;
}

/** From `bytes` of one of the 36 places of a block of tiles to the next: no power of 2, which would crowd one set of the cache. */
export function placeStep(bytes: i32): usize {
  return <usize>bytes + 64;
}

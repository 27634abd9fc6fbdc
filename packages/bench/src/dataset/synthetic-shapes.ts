/**
 * Signed distance from a point to the edge of a shape, negative inside, in units of the shape's radius; the shape
 * fills about the unit disc. Not all are exact distances: near the edge, where they are used, their slope is 1 or
 * close to it.
 */
type SignedDistance = (u: number, v: number) => number;

const box = (u: number, v: number, halfWidth: number, halfHeight: number): number =>
  Math.max(Math.abs(u) - halfWidth, Math.abs(v) - halfHeight);

const disc: SignedDistance = (u, v) => Math.hypot(u, v) - 0.9;
const ring: SignedDistance = (u, v) => Math.abs(Math.hypot(u, v) - 0.72) - 0.26;
const square: SignedDistance = (u, v) => box(u, v, 0.8, 0.8);
const diamond: SignedDistance = (u, v) => (Math.abs(u) + Math.abs(v) - 1.1) * Math.SQRT1_2;
/** Equilateral, a corner at the top. */
const triangle: SignedDistance = (u, v) => Math.max(v - 0.55, (Math.sqrt(3) * Math.abs(u) - v - 1.1) / 2);
const plus: SignedDistance = (u, v) => Math.min(box(u, v, 1, 0.34), box(u, v, 0.34, 1));
const bars: SignedDistance = (u, v) => Math.min(box(u - 0.58, v, 0.3, 0.95), box(u + 0.58, v, 0.3, 0.95));
const crescent: SignedDistance = (u, v) => Math.max(Math.hypot(u, v) - 0.95, 0.72 - Math.hypot(u - 0.5, v));

/** The shapes that tell the classes of one superclass apart, by name. */
export const SHAPES = { disc, ring, square, diamond, triangle, plus, bars, crescent } as const;

export type ShapeName = keyof typeof SHAPES;

export const SHAPE_NAMES = Object.keys(SHAPES) as readonly ShapeName[];

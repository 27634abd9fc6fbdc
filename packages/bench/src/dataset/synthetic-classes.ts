import type { Random } from '@distilljs/core';

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
/** Equilateral, with a corner at the top. */
const triangle: SignedDistance = (u, v) => Math.max(v - 0.55, (Math.sqrt(3) * Math.abs(u) - v - 1.1) / 2);
const plus: SignedDistance = (u, v) => Math.min(box(u, v, 1, 0.34), box(u, v, 0.34, 1));
const bars: SignedDistance = (u, v) => Math.min(box(u - 0.58, v, 0.3, 0.95), box(u + 0.58, v, 0.3, 0.95));
const crescent: SignedDistance = (u, v) => Math.max(Math.hypot(u, v) - 0.95, 0.72 - Math.hypot(u - 0.5, v));

/** The shapes that tell the classes of one superclass apart, by name. */
export const SHAPES = { disc, ring, square, diamond, triangle, plus, bars, crescent } as const;

export type ShapeName = keyof typeof SHAPES;

export const SHAPE_NAMES = Object.keys(SHAPES) as readonly ShapeName[];

/** The most orientations that stay distinct: 30 degrees between neighbours. */
const ORIENTATIONS = 4;
/** Cycles per image edge of the coarsest and the finest background. */
const COARSEST = 3;
const FINEST = 8;

/** What the classes of a superclass share: the grating behind their shapes, and a range of hues. */
export interface TextureFamily {
  /**
   * Angle of the grating's wave vector from the horizontal, radians in [0, π/2]: its mirror image is the same family.
   */
  readonly angle: number;
  /** Cycles per image edge. */
  readonly frequency: number;
  /** Centre of the hues, in turns. */
  readonly hue: number;
}

/** How the grating inside the shape differs from the one behind it. */
export const INNER_TEXTURES = ['crossed', 'flat', 'finer', 'slanted'] as const;
export type InnerTexture = (typeof INNER_TEXTURES)[number];

/** Most classes that one superclass can have. */
export const CLASSES_PER_SUPERCLASS = SHAPE_NAMES.length * INNER_TEXTURES.length;

/** What makes a class: its family's texture, and a shape with a texture inside. */
export interface ClassDesign {
  readonly name: string;
  readonly superclass: number;
  readonly family: TextureFamily;
  readonly shape: ShapeName;
  readonly inner: InnerTexture;
}

/**
 * The classes of a synthetic set. Class `c` belongs to superclass `⌊c · superclasses / classes⌋`; families differ in
 * the orientation and frequency of their grating, the classes of one family in the shape in front of it.
 *
 * @param random decides which shapes are used, and where the hues begin
 */
export function designClasses(classes: number, superclasses: number, random: Random): readonly ClassDesign[] {
  const shapes = random.fork('shapes').permutation(SHAPE_NAMES.length);
  const hue = random.fork('hue').uniform();
  const families = Array.from({ length: superclasses }, (_, index) => family(index, superclasses, hue));
  const taken = new Map<number, number>();
  return Array.from({ length: classes }, (_, index) => {
    const superclass = Math.floor((index * superclasses) / classes);
    const variant = taken.get(superclass) ?? 0;
    taken.set(superclass, variant + 1);
    const shape = SHAPE_NAMES[shapes[variant % SHAPE_NAMES.length] ?? 0] ?? 'disc';
    const inner = INNER_TEXTURES[Math.floor(variant / SHAPE_NAMES.length)] ?? 'crossed';
    return {
      name: `family${superclass + 1}-${shape}${inner === 'crossed' ? '' : `-${inner}`}`,
      superclass,
      family: families[superclass] ?? family(0, 1, hue),
      shape,
      inner,
    };
  });
}

function family(index: number, superclasses: number, hue: number): TextureFamily {
  const bands = Math.ceil(superclasses / ORIENTATIONS);
  const orientations = Math.ceil(superclasses / bands);
  const band = Math.floor(index / orientations);
  const step = index % orientations;
  return {
    angle: orientations === 1 ? 0 : (step / (orientations - 1)) * (Math.PI / 2),
    frequency: bands === 1 ? 4 : COARSEST * (FINEST / COARSEST) ** (band / (bands - 1)),
    hue: (hue + index / superclasses) % 1,
  };
}

import type { Random } from '@distilljs/core';
import type { ShapeName } from './synthetic-shapes.js';
import { SHAPE_NAMES } from './synthetic-shapes.js';

/** Most orientations that stay apart: 30 degrees between neighbours. */
const ORIENTATIONS = 4;
/** Cycles per image edge of the coarsest and the finest background. */
const COARSEST = 3;
const FINEST = 8;

/** What the classes of a superclass share: the grating behind their shapes, and a preference in colour. */
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

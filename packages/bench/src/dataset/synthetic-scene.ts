import type { Random } from '@distilljs/core';
import type { ClassDesign, InnerTexture } from './synthetic-classes.js';
import { SHAPE_NAMES, SHAPES } from './synthetic-classes.js';

type Colour = readonly [number, number, number];

/**
 * A grating: `(1 + contrast · sin(2π · (x · waveX + y · waveY) + phase)) / 2`, x and y in units of the image's edge.
 */
interface Grating {
  readonly waveX: number;
  readonly waveY: number;
  readonly phase: number;
  readonly contrast: number;
  readonly from: Colour;
  readonly to: Colour;
}

/** A shape at a position, filled with a grating. */
interface Figure {
  readonly distance: (u: number, v: number) => number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** −1 for a mirrored shape, else 1. */
  readonly mirror: number;
  /** Sine and cosine of the shape's rotation. */
  readonly sine: number;
  readonly cosine: number;
  readonly fill: Grating;
}

/** One image before it is painted: all its random choices except the noise. */
interface Scene {
  readonly background: Grating;
  /** From back to front; the last one makes the class. */
  readonly figures: readonly Figure[];
  /** Standard deviation of the noise on each value, 0…255. */
  readonly noise: number;
}

/**
 * Draws one image's scene: everything that the class leaves open is random. Phase, position, size, tilt, polarity and exact
 * colours always are. Difficulty adds jitter to the family's texture, lowers the contrast of the gratings, and adds distractors
 * (small shapes of any kind) and noise.
 *
 * @param difficulty from 0 to 1
 */
export function drawScene(design: ClassDesign, difficulty: number, random: Random): Scene {
  const { family } = design;
  // Half of all scenes are mirrored, so that flipping an image never changes its class.
  const mirror = random.uniform() < 0.5 ? -1 : 1;
  const angle = mirror * (family.angle + random.normal() * (0.05 + 0.1 * difficulty));
  const frequency = family.frequency * Math.exp(random.normal() * (0.04 + 0.1 * difficulty));
  // The classes of a family share its hues, so that colour reveals at most the family, and that unreliably.
  const hue = family.hue + random.normal() * (0.12 + 0.13 * difficulty);
  const contrast = 0.9 - 0.5 * difficulty * random.uniform();
  const background = grating(angle, frequency, contrast, colourPair(hue, random), random);

  const distractors = Array.from({ length: Math.round(difficulty * 4 * random.uniform()) }, () =>
    figure(
      SHAPES[SHAPE_NAMES[random.integer(SHAPE_NAMES.length)] ?? 'disc'],
      { radius: 0.06 + 0.05 * random.uniform(), margin: 0.1, tilt: Math.PI, mirror: 1 },
      grating(random.uniform() * Math.PI, 4, 0, colourPair(random.uniform(), random), random),
      random,
    ),
  );
  const subject = figure(
    SHAPES[design.shape],
    { radius: 0.22 + 0.1 * random.uniform(), margin: 0.3, tilt: 0.12 + 0.2 * difficulty, mirror },
    innerGrating(design.inner, angle, frequency, contrast, colourPair(hue + 0.08, random), random),
    random,
  );
  return { background, figures: [...distractors, subject], noise: 6 + 40 * difficulty };
}

function innerGrating(
  inner: InnerTexture,
  angle: number,
  frequency: number,
  contrast: number,
  colours: readonly [Colour, Colour],
  random: Random,
): Grating {
  switch (inner) {
    case 'crossed':
      return grating(angle + Math.PI / 2, frequency, contrast, colours, random);
    case 'flat':
      return grating(angle, frequency, 0, colours, random);
    case 'finer':
      return grating(angle + Math.PI / 2, 1.7 * frequency, contrast, colours, random);
    case 'slanted':
      return grating(angle + Math.PI / 4, frequency, contrast, colours, random);
  }
}

function grating(
  angle: number,
  frequency: number,
  contrast: number,
  [from, to]: readonly [Colour, Colour],
  random: Random,
): Grating {
  return {
    waveX: frequency * Math.cos(angle),
    waveY: frequency * Math.sin(angle),
    phase: 2 * Math.PI * random.uniform(),
    contrast,
    from,
    to,
  };
}

function figure(
  distance: Figure['distance'],
  place: { radius: number; margin: number; tilt: number; mirror: number },
  fill: Grating,
  random: Random,
): Figure {
  const within = (): number => place.margin + (1 - 2 * place.margin) * random.uniform();
  const [x, y] = [within(), within()];
  const tilt = place.tilt * (2 * random.uniform() - 1);
  return {
    distance,
    x,
    y,
    radius: place.radius,
    mirror: place.mirror,
    sine: Math.sin(tilt),
    cosine: Math.cos(tilt),
    fill,
  };
}

/** Two colours of nearly one hue, one dark and one light, in random order. */
function colourPair(hue: number, random: Random): readonly [Colour, Colour] {
  const dark = colour(hue + 0.03 * random.normal(), 40 + 60 * random.uniform());
  const light = colour(hue + 0.03 * random.normal(), 150 + 70 * random.uniform());
  return random.uniform() < 0.5 ? [dark, light] : [light, dark];
}

/** A moderately saturated colour by hue in turns and mean brightness 0…255. */
function colour(hue: number, brightness: number): Colour {
  const channel = (shift: number): number => brightness * (1 + 0.4 * Math.cos(2 * Math.PI * (hue - shift)));
  return [channel(0), channel(1 / 3), channel(2 / 3)];
}

/**
 * Paints a scene: `edge · edge · 3` bytes, NHWC, into `pixels` from `offset` on. The shapes' edges blend over one pixel;
 * noise is normal and independent per value; values are rounded and clipped to 0…255.
 */
export function paintScene(
  scene: Scene,
  edge: number,
  random: Random,
  pixels: Uint8ClampedArray,
  offset: number,
): void {
  let at = offset;
  // Shared by all pixels: allocating it per pixel would take most of the painting time.
  const mixed = new Float64Array(3);
  for (let row = 0; row < edge; row++) {
    const y = (row + 0.5) / edge;
    for (let column = 0; column < edge; column++) {
      const x = (column + 0.5) / edge;
      blend(scene, x, y, edge, mixed);
      for (let channel = 0; channel < 3; channel++) {
        // A clamped array rounds and clips by itself.
        pixels[at++] = (mixed[channel] ?? 0) + scene.noise * random.normal();
      }
    }
  }
}

/** Writes the colour at a point into `mixed`: the background, covered by each figure that reaches it. */
function blend(scene: Scene, x: number, y: number, edge: number, mixed: Float64Array): void {
  cover(mixed, scene.background, x, y, 1);
  for (const figure of scene.figures) {
    const dx = (figure.mirror * (x - figure.x)) / figure.radius;
    const dy = (y - figure.y) / figure.radius;
    // No shape reaches farther, however it is rotated: most pixels skip the rest.
    if (dx * dx + dy * dy > 4) continue;
    const u = figure.cosine * dx + figure.sine * dy;
    const v = figure.cosine * dy - figure.sine * dx;
    const share = coverage(figure.distance(u, v) * figure.radius * edge);
    if (share > 0) cover(mixed, figure.fill, x, y, share);
  }
}

/** Share of a pixel inside an edge that is `distance` pixels away (negative: inside). */
function coverage(distance: number): number {
  return Math.min(1, Math.max(0, 0.5 - distance));
}

/** Covers a colour with a grating's at a point, by a share from 0 to 1. */
function cover(
  mixed: Float64Array,
  { waveX, waveY, phase, contrast, from, to }: Grating,
  x: number,
  y: number,
  share: number,
): void {
  const wave = (1 + contrast * Math.sin(2 * Math.PI * (x * waveX + y * waveY) + phase)) / 2;
  for (let channel = 0; channel < 3; channel++) {
    const [dark = 0, light = 0] = [from[channel], to[channel]];
    const fill = dark + wave * (light - dark);
    mixed[channel] = (mixed[channel] ?? 0) * (1 - share) + fill * share;
  }
}

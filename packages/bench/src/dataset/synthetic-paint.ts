import type { Random } from '@distilljs/core';
import type { Scene } from './synthetic-scene.js';

/**
 * Paints a scene: `edge · edge · 3` bytes, NHWC, into `pixels` from `offset` on. Shapes' edges are one pixel soft;
 * noise is normal, independent per value; values are rounded and cut to 0…255.
 */
export function paintScene(
  scene: Scene,
  edge: number,
  random: Random,
  pixels: Uint8ClampedArray,
  offset: number,
): void {
  let at = offset;
  for (let row = 0; row < edge; row++) {
    const y = (row + 0.5) / edge;
    for (let column = 0; column < edge; column++) {
      const x = (column + 0.5) / edge;
      const mixed = blend(scene, x, y, edge);
      for (let channel = 0; channel < 3; channel++) {
        // A clamped array rounds and cuts off by itself.
        pixels[at++] = (mixed[channel] ?? 0) + scene.noise * random.normal();
      }
    }
  }
}

/** The colour at a point: the background, covered by each figure as far as it reaches there. */
function blend(scene: Scene, x: number, y: number, edge: number): number[] {
  const mixed = sample(scene.background, x, y);
  for (const figure of scene.figures) {
    const dx = (figure.mirror * (x - figure.x)) / figure.radius;
    const dy = (y - figure.y) / figure.radius;
    // Beyond this no shape reaches, whichever way it is turned: most pixels are spared the rest.
    if (dx * dx + dy * dy > 4) continue;
    const u = figure.cosine * dx + figure.sine * dy;
    const v = figure.cosine * dy - figure.sine * dx;
    const cover = coverage(figure.distance(u, v) * figure.radius * edge);
    if (cover === 0) continue;
    const fill = sample(figure.fill, x, y);
    for (let channel = 0; channel < 3; channel++) {
      mixed[channel] = (mixed[channel] ?? 0) * (1 - cover) + (fill[channel] ?? 0) * cover;
    }
  }
  return mixed;
}

/** Share of a pixel inside an edge that is `distance` pixels away (negative: inside). */
function coverage(distance: number): number {
  return Math.min(1, Math.max(0, 0.5 - distance));
}

function sample(grating: Scene['background'], x: number, y: number): number[] {
  const wave = Math.sin(2 * Math.PI * (x * grating.waveX + y * grating.waveY) + grating.phase);
  const share = (1 + grating.contrast * wave) / 2;
  return grating.from.map((value, channel) => value + share * ((grating.to[channel] ?? 0) - value));
}

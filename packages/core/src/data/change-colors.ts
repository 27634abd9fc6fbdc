import type { View } from './draw-view.js';

/** Converts values of 0…255 to network input: `value · scale − shift` per channel. */
export interface Scaling {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

/** One change of a group: `factor · value + added`, where saturation adds `(1 − factor) · luma` of the pixel. */
interface Change {
  readonly factor: number;
  readonly added: number;
  readonly isSaturation: boolean;
}

/**
 * Changes the colours of an image of values in 0…255 in place, one change after the other, and scales it. Each
 * change is `factor · value + (1 − factor) · other`, clipped to 0…255 and rounded to float32. `other` is black
 * (brightness), the mean grey of the image (contrast) or the grey of the pixel (saturation). Alpha, and any
 * channel beyond the third, is only scaled.
 *
 * Contrast needs the whole image after the previous changes; the other changes and the scaling share one pass.
 */
export function changeColors(
  image: Float32Array,
  channels: number,
  colors: View['colors'],
  scaling: Scaling,
): void {
  const isGrey = channels < 3;
  const wanted = isGrey ? colors.filter(([kind]) => kind !== 'saturation') : colors;
  let sum = wanted[0]?.[0] === 'contrast' ? sumOfGrey(image, channels) : 0;
  let first = 0;
  do {
    const next = wanted.findIndex(([kind], at) => at > first && kind === 'contrast');
    const changes = wanted.slice(first, next === -1 ? undefined : next).map(([kind, factor]) => ({
      factor,
      added: kind === 'contrast' ? ((1 - factor) * sum * channels) / image.length : 0,
      isSaturation: kind === 'saturation',
    }));
    sum = changePixels(image, channels, changes, next === -1 ? scaling : undefined);
    first = next;
  } while (first !== -1);
}

/** @returns the sum of the grey values after the changes, before scaling */
function changePixels(
  image: Float32Array,
  channels: number,
  changes: readonly Change[],
  scaling: Scaling | undefined,
): number {
  const { scale, shift } = scaling ?? { scale: [], shift: [] };
  const [scaleR = 1, scaleG = 1, scaleB = 1] = scale;
  const [shiftR = 0, shiftG = 0, shiftB = 0] = shift;
  let sum = 0;
  if (channels < 3) {
    for (let at = 0; at < image.length; at += channels) {
      let value = image[at] as number;
      for (const { factor, added } of changes) value = changed(value, factor, added);
      sum += value;
      image[at] = value * scaleR - shiftR;
      if (channels === 2) image[at + 1] = (image[at + 1] as number) * scaleG - shiftG;
    }
    return sum;
  }
  for (let at = 0; at < image.length; at += channels) {
    let r = image[at] as number;
    let g = image[at + 1] as number;
    let b = image[at + 2] as number;
    for (let place = 0; place < changes.length; place++) {
      const { factor, added, isSaturation } = changes[place] as Change;
      const other = isSaturation ? (1 - factor) * grey(r, g, b) : added;
      r = changed(r, factor, other);
      g = changed(g, factor, other);
      b = changed(b, factor, other);
    }
    sum += grey(r, g, b);
    image[at] = r * scaleR - shiftR;
    image[at + 1] = g * scaleG - shiftG;
    image[at + 2] = b * scaleB - shiftB;
    for (let more = 3; more < channels; more++)
      image[at + more] = (image[at + more] as number) * (scale[more] ?? 1) - (shift[more] ?? 0);
  }
  return sum;
}

function changed(value: number, factor: number, added: number): number {
  const given = factor * value + added;
  // Most values are inside: the common case comes first, with branches that a processor predicts well.
  return given >= 0 && given <= 255 ? Math.fround(given) : given < 0 ? 0 : 255;
}

/** Luma by ITU-R 601, with torchvision's coefficients. */
const grey = (r: number, g: number, b: number): number => 0.2989 * r + 0.587 * g + 0.114 * b;

function sumOfGrey(image: Float32Array, channels: number): number {
  let sum = 0;
  for (let at = 0; at < image.length; at += channels)
    sum +=
      channels < 3
        ? (image[at] as number)
        : grey(image[at] as number, image[at + 1] as number, image[at + 2] as number);
  return sum;
}

import { PNG } from 'pngjs';
import { interpolateBlues } from 'd3-scale-chromatic';

/** Colours for the values of one figure: pale to dark blue, distinguishable in print and with colour blindness. */
export interface ColourScale {
  readonly low: number;
  readonly high: number;
  /** The colour of a value, as red, green and blue, 0…255. */
  rgb(value: number): readonly [number, number, number];
  /** The same for CSS, with a text colour that is legible on it. */
  at(value: number): { readonly colour: string; readonly ink: string };
}

/** A scale from the least to the greatest value of some matrices. */
export function colourScale(matrices: readonly (readonly (readonly number[])[])[]): ColourScale {
  const all = matrices.flat(2);
  const low = all.reduce((least, value) => Math.min(least, value), Infinity);
  const high = all.reduce((greatest, value) => Math.max(greatest, value), -Infinity);
  const share = (value: number): number => (high > low ? (value - low) / (high - low) : 0);
  const rgb = (value: number): readonly [number, number, number] => {
    const [red = 0, green = 0, blue = 0] = (interpolateBlues(share(value)).match(/\d+/g) ?? []).map(Number);
    return [red, green, blue];
  };
  return {
    low,
    high,
    rgb,
    at: (value) => ({ colour: `rgb(${rgb(value).join(' ')})`, ink: inkOn(rgb(value)) }),
  };
}

/** Black or white, whichever has more contrast: at least 4.5 to 1 on any colour (WCAG 2, relative luminance). */
function inkOn(colour: readonly [number, number, number]): string {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? '#ffffff' : '#000000';
}

/** A matrix as a picture of one pixel per value: a PNG as a data URL. */
export function heatMapImage(values: readonly (readonly number[])[], scale: ColourScale): string {
  const [height, width] = [values.length, values[0]?.length ?? 0];
  const picture = new PNG({ width, height });
  picture.data.set(values.flatMap((row) => row.flatMap((value) => [...scale.rgb(value), 255])));
  return `data:image/png;base64,${PNG.sync.write(picture).toString('base64')}`;
}

import type { Random } from '../random/index.js';
import type { Augmentation, ColorJitter, RandomResizedCrop } from './augmentation.js';
import type { Dataset } from './dataset.js';

type Shape = Dataset['imageShape'];

/** The random choices of one augmentation of an image. */
export interface View {
  /** The part of the image that is shown, in pixels; it may extend beyond the edge. */
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly mirrored: boolean;
  /** Counter-clockwise, in radians. */
  readonly angle: number;
  /** Changes of colour, in order. */
  readonly colors: readonly (readonly [kind: keyof ColorJitter, factor: number])[];
}

/** The view that leaves an image unchanged. */
export const wholeImage = ([height, width]: Shape): View => ({
  ...{ top: 0, left: 0, height, width, mirrored: false, angle: 0, colors: [] },
});

/** Draws a view. Only what the augmentation uses is drawn. */
export function drawView(options: Augmentation, [height, width]: Shape, stream: Random): View {
  const { padCrop: pad, randomResizedCrop, rotation = 0, colorJitter } = options;
  const part =
    randomResizedCrop === undefined
      ? {
          top: pad > 0 ? stream.integer(2 * pad + 1) - pad : 0,
          left: pad > 0 ? stream.integer(2 * pad + 1) - pad : 0,
          height,
          width,
        }
      : drawPart(randomResizedCrop, height, width, stream);
  const mirrored = options.flip && stream.integer(2) === 1;
  const angle = rotation > 0 ? ((2 * stream.uniform() - 1) * rotation * Math.PI) / 180 : 0;
  return {
    ...part,
    mirrored,
    angle,
    colors: colorJitter === undefined ? [] : drawColors(colorJitter, stream),
  };
}

/**
 * @see torchvision.transforms.RandomResizedCrop.get_params: ten tries, then the largest central part whose
 *   ratio is allowed
 */
function drawPart(
  { scale: [low, high] = [0.08, 1], ratio: [narrow, wide] = [3 / 4, 4 / 3] }: RandomResizedCrop,
  height: number,
  width: number,
  stream: Random,
): Pick<View, 'top' | 'left' | 'height' | 'width'> {
  for (let tries = 0; tries < 10; tries++) {
    const area = height * width * (low + (high - low) * stream.uniform());
    const ratio = Math.exp(Math.log(narrow) + (Math.log(wide) - Math.log(narrow)) * stream.uniform());
    const [w, h] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (w < 1 || w > width || h < 1 || h > height) continue;
    return { top: stream.integer(height - h + 1), left: stream.integer(width - w + 1), height: h, width: w };
  }
  const own = width / height;
  const w = own > wide ? Math.min(width, Math.max(1, Math.round(height * wide))) : width;
  const h = own < narrow ? Math.min(height, Math.max(1, Math.round(width / narrow))) : height;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}

function drawColors(strengths: ColorJitter, stream: Random): View['colors'] {
  const kinds = (['brightness', 'contrast', 'saturation'] as const).filter(
    (kind) => (strengths[kind] ?? 0) > 0,
  );
  const order = stream.permutation(kinds.length);
  return Array.from(order, (at) => {
    const kind = kinds[at] ?? 'brightness';
    const strength = strengths[kind] ?? 0;
    const lowest = Math.max(0, 1 - strength);
    return [kind, lowest + (1 + strength - lowest) * stream.uniform()] as const;
  });
}

import { readFileSync } from 'node:fs';
import { arrayDataset, augmentation, loadBatch, PHOTO_AUGMENTATION } from '../../src/data/index.js';
import type { Augmentation } from '../../src/data/index.js';
import { writeView } from '../../src/data/augment-image.js';
import { drawView, wholeImage } from '../../src/data/draw-view.js';
import type { View } from '../../src/data/draw-view.js';
import { createRandom } from '../../src/random/index.js';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';

type Shape = [number, number, number];
type Case =
  | 'crop'
  | 'cropFlip'
  | 'rotate'
  | 'flipRotate'
  | 'brightness'
  | 'contrast'
  | 'saturation'
  | 'all'
  | 'greyContrast';
type Reference = Readonly<Record<Case | 'image', readonly number[]>> & { readonly shape: Shape };
const place = new URL('../fixtures/augmentation.json', import.meta.url);
const reference = JSON.parse(readFileSync(place, 'utf8')) as Reference;
const SHAPE = reference.shape;
const IMAGE = Uint8Array.from(reference.image);
const AS_PIXELS = { scale: [1, 1, 1, 1], shift: [0, 0, 0, 0] };

function seen(
  view: Partial<View>,
  image: ArrayLike<number> = IMAGE,
  shape = SHAPE,
  padValue = 0,
): Float32Array {
  const into = new Float32Array(image.length);
  writeView(image, shape, { ...wholeImage(shape), ...view }, padValue, AS_PIXELS, into);
  return into;
}

describe('a view has torchvision’s values:', () => {
  const degrees = Math.PI / 180;
  it.each<[Case, Partial<View>]>([
    ['crop', { top: 1, left: 2, height: 3, width: 4 }],
    ['cropFlip', { top: 2, left: 0, height: 4, width: 3, mirrored: true }],
    ['rotate', { angle: 25 * degrees }],
    ['flipRotate', { mirrored: true, angle: -140 * degrees }],
    ['brightness', { colors: [['brightness', 1.4]] }],
    ['contrast', { colors: [['contrast', 0.6]] }],
    ['saturation', { colors: [['saturation', 1.7]] }],
    [
      'all',
      {
        colors: [
          ['contrast', 1.3],
          ['saturation', 0.5],
          ['brightness', 0.8],
        ],
      },
    ],
  ])('%s', (name, view) => {
    expectClose(seen(view), [...reference[name]], 2e-3);
  });

  it('of one channel, where there is no saturation', () => {
    const [height, width] = SHAPE;
    const grey = IMAGE.filter((_, at) => at % 3 === 0);
    const changed = seen(
      {
        colors: [
          ['saturation', 3],
          ['contrast', 1.5],
        ],
      },
      grey,
      [height, width, 1],
    );
    expectClose(changed, [...reference.greyContrast], 2e-3);
  });
});

describe('a view', () => {
  it('leaves alpha unchanged', () => {
    const image = Uint8Array.from({ length: 4 * 5 * 4 }, (_, at) => (at * 53) % 256);
    const changed = seen(
      {
        colors: [
          ['brightness', 0.5],
          ['contrast', 0.3],
          ['saturation', 0],
        ],
      },
      image,
      [4, 5, 4],
    );
    expect([...changed].filter((_, at) => at % 4 === 3)).toEqual([...image].filter((_, at) => at % 4 === 3));
  });

  it('turned by 90 degrees swaps rows and columns, and padding fills the rest', () => {
    const [a, b, c, d] = [10, 20, 30, 40];
    // Counter-clockwise: the right column becomes the upper row.
    expectClose(seen({ angle: Math.PI / 2 }, [a, b, c, d], [2, 2, 1]), [b, d, a, c], 1e-4);
    // Of 45 degrees the corner (−½, −½) samples the place (−0.71, 0) from the middle: 0.79 of it lies on the image.
    const white = seen({ angle: Math.PI / 4 }, new Uint8Array(4).fill(255), [2, 2, 1], 100);
    const share = 1.5 - Math.SQRT1_2;
    expectClose(white, new Array<number>(4).fill(255 * share + 100 * (1 - share)), 1e-3);
  });

  it('is normalized like any other', () => {
    const into = new Float32Array(4);
    const scaling = { scale: [0.5], shift: [1] };
    writeView(
      [10, 20, 30, 40],
      [2, 2, 1],
      { ...wholeImage([2, 2, 1]), colors: [['brightness', 2]] },
      0,
      scaling,
      into,
    );
    expect([...into]).toEqual([9, 19, 29, 39]);
  });

  it.each<[string, Partial<View>]>([
    ['turned', { angle: 1e-6 }],
    ['of a part', { height: 3 }],
    ['of other colours', { colors: [['brightness', 2]] }],
  ])('of five channels, %s, is normalized in each, and colours change the first three', (_, view) => {
    const shape: Shape = [4, 1, 5];
    const scaling = { scale: [0.5, 0.4, 0.3, 0.2, 0.1], shift: [1, 2, 3, 4, 5] };
    const image = Array.from({ length: 20 }, (__, at) => 10 * (1 + (at % 5)));
    const into = new Float32Array(20);
    writeView(image, shape, { ...wholeImage(shape), ...view }, 0, scaling, into);
    const factor = view.colors === undefined ? 1 : 2;
    const wanted = image.map((pixel, at) => {
      const [scale = 1, shift = 0] = [scaling.scale[at % 5], scaling.shift[at % 5]];
      return (at % 5 < 3 ? factor : 1) * pixel * scale - shift;
    });
    expectClose(into, wanted, 1e-3);
  });
});

const draws = (options: Partial<Augmentation>, count: number, shape: Shape = [32, 48, 3]): View[] => {
  const stream = createRandom(1);
  return Array.from({ length: count }, () => drawView(augmentation(options), shape, stream));
};

describe('draws', () => {
  it('of parts have areas and ratios of the ranges, lie inside, and reach both ends', () => {
    const parts = draws({ randomResizedCrop: { scale: [0.2, 0.6], ratio: [0.5, 2] } }, 2000);
    const areas = parts.map(({ height, width }) => (height * width) / (32 * 48));
    const ratios = parts.map(({ height, width }) => width / height);
    // Edges are rounded to whole pixels.
    expect([Math.min(...areas), Math.max(...areas)].map((area) => area.toFixed(1))).toEqual(['0.2', '0.6']);
    expect(Math.min(...ratios)).toBeGreaterThan(0.47);
    expect(Math.max(...ratios)).toBeLessThan(2.1);
    for (const { top, left, height, width } of parts) {
      expect(top >= 0 && left >= 0 && top + height <= 32 && left + width <= 48).toBe(true);
    }
    expect(Math.max(...parts.map(({ top, height }) => top + height))).toBe(32);
    const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
    expect(Math.abs(mean - 0.4)).toBeLessThan(0.02);
  });

  it('of parts that fit in no try take the largest one of an allowed ratio in the middle', () => {
    const [part] = draws({ randomResizedCrop: { scale: [1, 1], ratio: [1, 1] } }, 1);
    expect(part).toMatchObject({ top: 0, left: 8, height: 32, width: 32 });
    const [tall] = draws({ randomResizedCrop: { scale: [1, 1], ratio: [3, 3] } }, 1);
    expect(tall).toMatchObject({ top: 8, left: 0, height: 16, width: 48 });
  });

  it('of angles and colours are within their ranges; what has strength 0 is not drawn', () => {
    const views = draws(
      { rotation: 30, colorJitter: { brightness: 0.4, contrast: 1.5, saturation: 0 } },
      500,
    );
    const most = (30 * Math.PI) / 180;
    const angles = views.map(({ angle }) => angle);
    expect(Math.max(...angles)).toBeLessThanOrEqual(most);
    expect(Math.min(...angles)).toBeGreaterThanOrEqual(-most);
    expect(Math.max(...angles) - Math.min(...angles)).toBeGreaterThan(1.8 * most);
    const factors = (kind: string): number[] =>
      views.flatMap(({ colors }) => colors.flatMap(([each, factor]) => (each === kind ? [factor] : [])));
    expect([factors('brightness').length, factors('contrast').length, factors('saturation').length]).toEqual([
      500, 500, 0,
    ]);
    expect(
      [Math.min(...factors('brightness')), Math.max(...factors('brightness'))].map((f) => f.toFixed(1)),
    ).toEqual(['0.6', '1.4']);
    expect(
      [Math.min(...factors('contrast')), Math.max(...factors('contrast'))].map((f) => f.toFixed(1)),
    ).toEqual(['0.0', '2.5']);
    const first = views.filter(({ colors }) => colors[0]?.[0] === 'contrast').length;
    expect(Math.abs(first - 250)).toBeLessThan(60);
  });

  it('repeat with their seed, and give every image of a batch its own', () => {
    const images = Uint8Array.from({ length: 3 * 300 }, (_, at) => (at % 300) * 0.8);
    const data = arrayDataset({ images, labels: [0, 1, 0], imageShape: [10, 10, 3], classes: 2 });
    const preparation = {
      normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
      augmentation: { ...PHOTO_AUGMENTATION, rotation: 10 },
    };
    const batch = (seed: number): Float32Array => loadBatch(data, [0, 1, 2], preparation, createRandom(seed));
    expect(batch(1)).toEqual(batch(1));
    expect(batch(1)).not.toEqual(batch(2));
    expect(batch(1).slice(0, 300)).not.toEqual(batch(1).slice(300, 600));
  });
});

describe('augmentation', () => {
  it('omits what is left out, so that it prints as before', () => {
    expect(JSON.stringify(augmentation({ flip: true, rotation: undefined }))).toBe(
      '{"padCrop":0,"flip":true,"padValue":0}',
    );
  });

  it.each<[unknown, string]>([
    [
      { randomResizedCrop: { scale: [0, 1] } },
      'augmentation.randomResizedCrop: expected scale to be two numbers above 0 and at most 1',
    ],
    [
      { randomResizedCrop: { scale: [0.9, 0.5] } },
      'scale to be two numbers above 0 and at most 1, the lower first (not [0.9,0.5])',
    ],
    [{ randomResizedCrop: { size: 4 } }, "expected an object of scale, ratio, not 'size'"],
    [{ randomResizedCrop: true }, 'expected an object of scale, ratio, got true'],
    [{ colorJitter: { hue: 0.1 } }, "expected an object of brightness, contrast, saturation, not 'hue'"],
    [{ colorJitter: { contrast: -1 } }, 'contrast to be a number of at least 0 (not -1)'],
    [{ rotation: 181 }, 'augmentation.rotation: expected a number from 0 to 180, got 181'],
    [
      { padCrop: 2, randomResizedCrop: {} },
      'augmentation: expected randomResizedCrop or padCrop, got both (padCrop 2). Set padCrop to 0.',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => augmentation(options as Partial<Augmentation>)).toThrow(message);
  });

  it('refuses a crop that can be padding alone', () => {
    expect(augmentation({ padCrop: 5 }, [6, 9, 3]).padCrop).toBe(5);
    expect(() => augmentation({ padCrop: 6 }, [6, 9, 3])).toThrow(
      'augmentation.padCrop: expected a whole number, at least 0 and at most 5, got 6',
    );
  });
});

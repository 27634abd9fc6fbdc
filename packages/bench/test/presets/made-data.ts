import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PNG } from 'pngjs';

/*
 * Tiny datasets in the formats of the real ones, for presets that are tried without them: noise, as bright as its class says.
 */

/** The value of one pixel: noise without a generator, and a level by class. */
const valueOf = (image: number, at: number, label: number): number =>
  ((image * 7919 + at * 104_729 + ((at * at) % 251) * 31) % 97) + (label % 8) * 20;

function noisePng(edge: readonly [number, number], image: number, label: number): Buffer {
  const [height, width] = edge;
  const picture = new PNG({ width, height });
  picture.data.forEach((_, at) => {
    picture.data[at] = at % 4 === 3 ? 255 : valueOf(image, at, label);
  });
  return PNG.sync.write(picture);
}

/** Binary records of CIFAR: `heads` label bytes and 3,072 of pixels. */
function cifarFile(images: number, classes: number, heads: number): Buffer {
  const record = heads + 3072;
  const bytes = Buffer.alloc(images * record);
  for (let image = 0; image < images; image++) {
    const label = image % classes;
    // CIFAR-100 has the superclass, of five classes each, before the class.
    if (heads === 2) bytes[image * record] = Math.floor(label / 5);
    bytes[image * record + heads - 1] = label;
    for (let at = 0; at < 3072; at++) bytes[image * record + heads + at] = valueOf(image, at, label);
  }
  return bytes;
}

/** A MAT-file of version 5 with `X`, `[32, 32, 3, images]` column by column, and `y`, 10 for the digit 0. */
function svhnFile(images: number): Buffer {
  const words = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, at) => bytes.writeUInt32LE(value, 4 * at));
    return bytes;
  };
  const array = (name: string, shape: readonly number[], data: Uint8Array): Buffer => {
    const padded = Buffer.alloc(Math.ceil(data.length / 8) * 8);
    padded.set(data);
    const lengths = words(...shape, ...(shape.length % 2 === 1 ? [0] : []));
    const heading = [words(6, 8, 9, 0), words(5, 4 * shape.length), lengths];
    // A name of one letter stands in the tag itself: its kind, its length, its bytes.
    const named = Buffer.concat([words(0x10001), Buffer.from(name.padEnd(4, '\0'))]);
    const content = Buffer.concat([...heading, named, words(2, data.length), padded]);
    return Buffer.concat([words(14, content.length), content]);
  };
  const header = Buffer.alloc(128);
  header.write('MATLAB 5.0 MAT-file');
  header.set([0, 1, 0x49, 0x4d], 124);
  const pixels = Uint8Array.from({ length: images * 3072 }, (_, at) =>
    valueOf(Math.floor(at / 3072), at % 3072, Math.floor(at / 3072) % 10),
  );
  const labels = Uint8Array.from({ length: images }, (_, image) => image % 10 || 10);
  return Buffer.concat([header, array('X', [32, 32, 3, images], pixels), array('y', [images, 1], labels)]);
}

const CINIC = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const wordnet = (label: number): string => `n${String(1_000_000 + label).padStart(8, '0')}`;

/** Files by name: `images` for training, and a few for the rest. */
function filesOf(
  format: string,
  images: number,
  edge: readonly [number, number],
): ReadonlyMap<string, Buffer | string> {
  const files = new Map<string, Buffer | string>();
  const few = 20;
  const tree = (
    part: string,
    count: number,
    classes: number,
    place: (label: number, image: number) => string,
  ): void => {
    for (let image = 0; image < count; image++)
      files.set(`${part}/${place(image % classes, image)}`, noisePng(edge, image, image % classes));
  };
  switch (format) {
    case 'cifar10':
      files.set('data_batch_1.bin', cifarFile(images, 10, 1)).set('test_batch.bin', cifarFile(few, 10, 1));
      break;
    case 'cifar100':
      files.set('train.bin', cifarFile(images, 100, 2)).set('test.bin', cifarFile(100, 100, 2));
      break;
    case 'svhn':
      files.set('train_32x32.mat', svhnFile(images)).set('test_32x32.mat', svhnFile(few));
      break;
    case 'cinic10':
      for (const part of ['train', 'valid', 'test'])
        tree(
          part,
          part === 'train' ? images : few,
          10,
          (label, image) => `${CINIC[label] ?? ''}/${image}.png`,
        );
      break;
    case 'tiny-imagenet':
    case 'imagenet':
      tree('train', images, 16, (label, image) => `${wordnet(label)}/images/${image}.png`);
      tree('val', 2 * few, 16, (label, image) => `${wordnet(label)}/images/${image}.png`);
      break;
    case 'identities': {
      const place = (label: number, image: number): string =>
        `${String(label).padStart(4, '0')}/${String(label).padStart(4, '0')}_${image}_01_0303morning_0008_0.png`;
      tree('train', images, 16, place);
      tree('test', 2 * few, 16, place);
      const listed = (count: number, from = 0): string =>
        Array.from(
          { length: count - from },
          (_, at) => `${place((from + at) % 16, from + at)} ${(from + at) % 16}\n`,
        ).join('');
      files.set('list_train.txt', listed(images)).set('list_val.txt', listed(few));
      files.set('list_query.txt', listed(few)).set('list_gallery.txt', listed(2 * few, few));
      break;
    }
    default:
      throw new Error(`no made data for the format '${format}'`);
  }
  return files;
}

/** Writes a dataset of noise. */
export function writeMadeData(
  dir: string,
  {
    format,
    images,
    edge,
  }: { readonly format: string; readonly images: number; readonly edge: readonly [number, number] },
): void {
  for (const [name, content] of filesOf(format, images, edge)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
}

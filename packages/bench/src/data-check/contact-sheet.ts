import { crc32 } from 'node:zlib';
import type { Dataset } from '@distilljs/core';
import { PNG } from 'pngjs';
import { fitImage } from '../image/index.js';
import type { Raster } from '../image/index.js';

const COLUMNS = 10;
const MOST_CLASSES = 40;
const GAP = 4;
/** Small images are shown larger, large ones smaller. */
const CELL = 96;

export interface ContactSheet {
  readonly png: Uint8Array;
  /** Classes from top to bottom: one row each. */
  readonly rows: readonly string[];
}

/** Images of a dataset as networks see them, in one PNG: a row of up to ten images for each of the first 40 classes. */
export async function contactSheet(dataset: Dataset): Promise<ContactSheet> {
  const [height, width, channels] = dataset.imageShape;
  const classes = Math.min(dataset.classes, MOST_CLASSES);
  const side = CELL + GAP;
  const sheet = new PNG({ width: COLUMNS * side + GAP, height: classes * side + GAP });
  sheet.data.fill(255);
  const cell = { height: CELL, width: CELL, channels: 3, resize: 'letterbox' } as const;
  const shown = new Array<number>(classes).fill(0);
  for (let index = 0; index < dataset.size; index++) {
    const label = dataset.labels?.[index] ?? 0;
    const column = shown[label] ?? COLUMNS;
    if (label < 0 || column >= COLUMNS) continue;
    shown[label] = column + 1;
    const data = Uint8Array.from(await dataset.image(index));
    const raster: Raster = { height, width, channels: channels as Raster['channels'], data };
    const { data: pixels } = fitImage(raster, cell);
    for (let y = 0; y < CELL; y++) {
      for (let x = 0; x < CELL; x++) {
        const to = ((GAP + label * side + y) * sheet.width + GAP + column * side + x) * 4;
        for (let channel = 0; channel < 3; channel++)
          sheet.data[to + channel] = pixels[(y * CELL + x) * 3 + channel] ?? 0;
      }
    }
    if (shown.every((count) => count >= COLUMNS)) break;
  }
  const rows = Array.from({ length: classes }, (_, label) => dataset.classNames?.[label] ?? `class ${label}`);
  return { png: marked(PNG.sync.write(sheet)), rows };
}

/** Length of a PNG's signature and header; other chunks may follow. */
const HEADER = 8 + 25;
const MARK = 'Software\0distill-bench';

/** The same picture marked with this program's name, by which {@link isContactSheet} recognizes it. */
function marked(png: Uint8Array): Uint8Array {
  const part = Buffer.from(`tEXt${MARK}`, 'latin1');
  const [size, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(MARK.length);
  check.writeUInt32BE(crc32(part));
  return Buffer.concat([png.subarray(0, HEADER), size, part, check, png.subarray(HEADER)]);
}

/** Whether a file is a contact sheet made here: other files must not be overwritten. */
export const isContactSheet = (file: Uint8Array): boolean =>
  Buffer.from(file.subarray(HEADER, HEADER + 100)).includes(`tEXt${MARK}`, 0, 'latin1');

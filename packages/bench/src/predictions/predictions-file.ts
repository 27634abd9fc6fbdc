import { createHash } from 'node:crypto';
import type { Dataset, SafetensorsEntry } from '@distilljs/core';
import { float16Bits } from './half-floats.js';

/** Version of the layout that {@link recordPredictions} writes. */
export const PREDICTIONS_VERSION = '1';

/** Logits beyond this many bytes are reduced to the highest of each image. */
const MOST_BYTES = 32 * 2 ** 20;
const HIGHEST = 20;
/** The negative 16-bit floats nearest to 0 and farthest from 0 (finite). */
const [SMALLEST, LOWEST] = [-(2 ** -24), -65504];

/** A network's predictions on the test images. */
export interface Predictions {
  /** Fingerprint of the test images and their labels. */
  readonly fingerprint: string;
  /** Digest of the network's saved model; undefined where the file has none. */
  readonly network: string | undefined;
  readonly images: number;
  /** Width of the logits. */
  readonly classes: number;
  readonly classNames: readonly string[] | undefined;
  /** Class index per image. */
  readonly labels: Int32Array;
  /** Logits per image; all NaN for an image without finite logits. */
  readonly logits: Logits;
}

/** Logits minus the image's highest, so that the largest is 0; of all classes, or of the highest ones. */
type Logits =
  | { readonly kind: 'all'; readonly values: Float32Array }
  | {
      readonly kind: 'highest';
      /** Per image, the highest first. */
      readonly count: number;
      readonly values: Float32Array;
      readonly classes: Int32Array;
      /** Logit of the correct class, even where it is not among the highest. */
      readonly ofLabel: Float32Array;
      /** `ln Σ exp(logit)` over the classes that are not among the highest. */
      readonly rest: Float32Array;
    };

/** Records predictions while a network is evaluated. */
export interface PredictionRecord {
  /** Takes the logits of one image. */
  readonly add: (logits: ArrayLike<number>, index: number) => void;
  /**
   * The file, once every image was added.
   *
   * @param network the network's digest, so that no other network's file is taken for its own
   */
  readonly encode: (network?: string) => Uint8Array;
}

/**
 * Records predictions as one safetensors file: `labels` (I32) and `logits` (F16). Each image's highest logit is subtracted, so the
 * predicted class is exact, and probabilities are accurate to about 0.1 %. Where all logits would take more than 32 MiB, only the 20
 * highest of each image are kept, with `classes`, `label` (the correct class's logit) and `rest` (all others together).
 *
 * @param data a labelled dataset
 * @param mostBytes for tests
 */
export function recordPredictions(
  data: Pick<Dataset, 'size' | 'labels' | 'classNames' | 'fingerprint'>,
  classes: number,
  mostBytes = MOST_BYTES,
): PredictionRecord {
  const images = data.size;
  const isWhole = images * classes * 2 <= mostBytes || classes <= HIGHEST;
  const count = isWhole ? classes : HIGHEST;
  const values = new Uint16Array(images * count);
  const chosen = new Int32Array(isWhole ? 0 : images * count);
  const ofLabel = new Uint16Array(isWhole ? 0 : images);
  const rest = new Uint16Array(isWhole ? 0 : images);
  return {
    add(logits, index) {
      const row = lessHighest(logits);
      if (isWhole) {
        for (let at = 0; at < classes; at++) values[index * classes + at] = toHalf(row[at] ?? NaN);
        return;
      }
      const order = row.map((_, at) => at).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
      let others = 0;
      for (const [place, at] of order.entries()) {
        if (place >= count) others += Math.exp(row[at] ?? NaN);
        else {
          values[index * count + place] = toHalf(row[at] ?? NaN);
          chosen[index * count + place] = at;
        }
      }
      ofLabel[index] = toHalf(row[data.labels?.[index] ?? -1] ?? NaN);
      rest[index] = toHalf(Math.log(others));
    },
    encode: (network) =>
      encoded(
        {
          labels: ['I32', [images], data.labels ?? new Int32Array(images)],
          logits: ['F16', [images, count], values],
          ...(!isWhole && {
            classes: ['I32', [images, count], chosen],
            label: ['F16', [images], ofLabel],
            rest: ['F16', [images], rest],
          }),
        },
        {
          format: 'distilljs predictions',
          version: PREDICTIONS_VERSION,
          test: data.fingerprint,
          width: String(classes),
          ...(network !== undefined && { network }),
          ...(data.classNames && { classNames: JSON.stringify(data.classNames) }),
        },
      ),
  };
}

/** Logits minus the highest; all NaN where one is NaN, or the highest is infinite. */
function lessHighest(logits: ArrayLike<number>): number[] {
  const row = Array.from(logits);
  const highest = Math.max(...row);
  return row.map((value) => (Number.isFinite(highest) ? value - highest : NaN));
}

/** Converts to 16 bits, so that values below the highest stay below it and finite. */
function toHalf(value: number): number {
  return float16Bits(value < 0 ? Math.max(LOWEST, Math.min(SMALLEST, value)) : value);
}

type Part = readonly [dtype: string, shape: readonly number[], values: Int32Array | Uint16Array];

function encoded(
  parts: Readonly<Record<string, Part>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: Record<string, SafetensorsEntry> = {};
  const data: Uint8Array[] = [];
  let offset = 0;
  for (const [name, [dtype, shape, { buffer, byteOffset, byteLength }]] of Object.entries(parts)) {
    entries[name] = { dtype, shape, data_offsets: [offset, offset + byteLength] };
    data.push(new Uint8Array(buffer, byteOffset, byteLength));
    offset += byteLength;
  }
  const sha256 = digestOf(entries, metadata, data);
  const text = JSON.stringify({ __metadata__: { ...metadata, sha256 }, ...entries });
  const header = new TextEncoder().encode(text);
  // Padded with spaces to whole words of 8 bytes.
  const start = 8 + 8 * Math.ceil(header.length / 8);
  const file = new Uint8Array(start + offset).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(header, 8);
  Object.values(entries).forEach(({ data_offsets: [from] }, place) => {
    file.set(data[place] ?? [], start + from);
  });
  return file;
}

/** SHA-256 over everything in the file except the digest itself. */
export function digestOf(entries: object, metadata: object, data: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify([metadata, entries]));
  for (const part of data) hash.update(part);
  return hash.digest('hex');
}

/**
 * Class probabilities of one image, the softmax of its logits. Where only the highest logits are kept, the other classes share the rest
 * equally. An image without finite logits gets equal probabilities.
 *
 * @param into `[classes]`, overwritten
 * @returns the predicted class; −1 for an image without finite logits, which is wrong whatever its label is
 */
export function probabilitiesOf(
  { logits, classes, labels }: Predictions,
  image: number,
  into: Float64Array,
): number {
  const { values } = logits;
  const count = logits.kind === 'all' ? classes : logits.count;
  if (Number.isNaN(values[image * count] ?? NaN)) {
    into.fill(1 / classes);
    return -1;
  }
  if (logits.kind === 'highest') {
    const label = labels[image] ?? 0;
    const named = logits.classes.subarray(image * count, (image + 1) * count);
    const isNamed = named.includes(label);
    const ofLabel = Math.exp(logits.ofLabel[image] ?? NaN);
    const left = Math.max(0, Math.exp(logits.rest[image] ?? NaN) - (isNamed ? 0 : ofLabel));
    into.fill(left / Math.max(1, classes - count - (isNamed ? 0 : 1)));
    into[label] = ofLabel;
    named.forEach((at, place) => (into[at] = Math.exp(values[image * count + place] ?? NaN)));
  } else for (let at = 0; at < classes; at++) into[at] = Math.exp(values[image * classes + at] ?? NaN);
  let [total, first] = [0, 0];
  for (let at = 0; at < classes; at++) {
    total += into[at] ?? 0;
    if ((into[at] ?? 0) > (into[first] ?? 0)) first = at;
  }
  for (let at = 0; at < classes; at++) into[at] = (into[at] ?? 0) / total;
  return first;
}

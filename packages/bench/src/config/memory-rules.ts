import { constants } from 'node:buffer';
import { totalmem } from 'node:os';
import type { Conflict } from './problem.js';
import type { WrittenConfig } from './schema.js';

/** The memory, in bytes, that data and a batch may take. Default: half of this machine's. */
interface Room {
  readonly memory?: number | undefined;
}

/** Synthetic images stay in memory, one byte per value, each split in one array. */
export function imageConflicts({ dataset }: WrittenConfig, { memory = freeMemory() }: Room): Conflict[] {
  if (dataset.name !== 'synthetic') return [];
  const { trainSize, testSize, imageSize } = dataset;
  const bytesOf = (images: number): number => images * imageSize ** 2 * 3;
  const splits = Math.max(trainSize, testSize);
  const isLarge = bytesOf(splits) > constants.MAX_LENGTH || bytesOf(trainSize + testSize) > memory;
  if (!isLarge) return [];
  const expected = `at most ${gib(Math.min(memory, constants.MAX_LENGTH))} of images, what this machine holds`;
  const got = `${count(trainSize + testSize)} images of ${imageSize}×${imageSize}, ${gib(bytesOf(trainSize + testSize))}`;
  const key = imageSize > 256 ? 'imageSize' : trainSize < testSize ? 'testSize' : 'trainSize';
  return [{ path: ['dataset', key], expected, got }];
}

/** A lower bound for the zoo's networks: the first feature maps have 16 channels of floats, and their gradients as many. */
export function batchConflicts(
  { dataset, batchSize }: WrittenConfig,
  { memory = freeMemory() }: Room,
): Conflict[] {
  const [height, width] = sizeOf(dataset);
  const bytes = batchSize * height * width * 16 * 4 * 2;
  if (bytes <= memory) return [];
  const expected = `a batch of at most ${gib(memory)}, what this machine holds`;
  const got = `${count(batchSize)} images of ${height}×${width}, whose first feature maps take ${gib(bytes)}`;
  return [{ path: ['batchSize'], expected, got }];
}

/** Half of the memory available to this process: the rest is for networks, engine and system. */
const freeMemory = (): number => Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2;

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Height and width of the images, where the configuration states them; else 32×32. */
export function sizeOf(dataset: WrittenConfig['dataset']): readonly [number, number] {
  if (!('imageSize' in dataset)) return [32, 32];
  const { imageSize = 32 } = dataset;
  return typeof imageSize === 'number' ? [imageSize, imageSize] : imageSize;
}

const count = (value: number): string => value.toLocaleString('en-US');

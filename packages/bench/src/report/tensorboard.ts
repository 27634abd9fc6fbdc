import { Buffer } from 'node:buffer';
import crc32c from 'crc-32/crc32c.js';
import { PbfWriter } from 'pbf';
import type { EpochReport } from '@distilljs/core';
import type { MethodResult, TeacherResult } from './report-data.js';

/** A number at an epoch. */
interface Scalar {
  readonly tag: string;
  readonly value: number;
}

interface Event {
  /** Seconds since the start of training: results keep no dates, so the same results give the same bytes. */
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  readonly scalars?: readonly Scalar[];
}

/** An event file of one training, by its path. */
export interface EventFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * Event files for TensorBoard, one run per training: `METHOD/SEED` and `teacher`. Steps are epochs, counted from 1 over all
 * phases; tags are `validation/accuracy`, `loss/TERM` (weighted), `monitored/TERM`, `learning rate/GROUP`, `test/accuracy`.
 */
export function tensorboardFiles(
  teacher: Pick<TeacherResult, 'epochs' | 'testAccuracy'>,
  results: readonly MethodResult[],
): readonly EventFile[] {
  const trainings = [
    {
      run: 'teacher',
      epochs: teacher.epochs,
      test: [{ tag: 'test/accuracy, best epoch', value: teacher.testAccuracy }],
    },
    ...results.map(({ method, seed, epochs, testAccuracyLast, testAccuracyBest }) => ({
      run: `${method}/${seed}`,
      epochs,
      test: [
        { tag: 'test/accuracy', value: testAccuracyLast },
        { tag: 'test/accuracy, best epoch', value: testAccuracyBest },
      ],
    })),
  ];
  return trainings.map(({ run, epochs, test }) => ({
    path: `${run}/events.out.tfevents.0.distilljs`,
    content: Buffer.concat(eventsOf(epochs, test).map((event) => record(encoded(event)))),
  }));
}

function eventsOf(epochs: readonly EpochReport[], test: readonly Scalar[]): readonly Event[] {
  let wallTime = 0;
  const events = epochs.map((epoch): Event => {
    wallTime += epoch.seconds;
    return { wallTime, step: epoch.globalEpoch + 1, scalars: scalarsOf(epoch) };
  });
  const step = events.at(-1)?.step ?? 0;
  return [{ wallTime: 0, step: 0, version: 'brain.Event:2' }, ...events, { wallTime, step, scalars: test }];
}

function scalarsOf({ validation, trainAccuracy, terms, learningRate }: EpochReport): readonly Scalar[] {
  // With several networks, the tag ends in the network's number.
  const numbered = (tag: string, values: readonly number[]): Scalar[] =>
    values.map((value, at) => ({ tag: values.length === 1 ? tag : `${tag}/${at + 1}`, value }));
  const all = [
    ...numbered(
      'validation/accuracy',
      validation.map(({ accuracy }) => accuracy),
    ),
    ...numbered(
      'validation/loss',
      validation.map(({ loss }) => loss),
    ),
    ...numbered('train/accuracy', trainAccuracy),
    ...Object.entries(terms).map(([name, { value, weight }]) =>
      weight === 0 ? { tag: `monitored/${name}`, value } : { tag: `loss/${name}`, value: weight * value },
    ),
    ...Object.entries(learningRate).map(([name, value]) => ({ tag: `learning rate/${name}`, value })),
  ];
  // NaN is null in result.json, and would become 0.
  return all.filter(({ value }) => Number.isFinite(value));
}

/** `Event` of tensorflow/core/util/event.proto, with `Summary.Value.simple_value` of framework/summary.proto. */
function encoded({ wallTime, step, version, scalars }: Event): Uint8Array {
  const event = new PbfWriter();
  // proto3 omits fields that are 0.
  if (wallTime !== 0) event.writeDoubleField(1, wallTime);
  if (step !== 0) event.writeVarintField(2, step);
  if (version !== undefined) event.writeStringField(3, version);
  if (scalars !== undefined)
    event.writeMessage(
      5,
      (all, summary) => {
        for (const scalar of all)
          summary.writeMessage(
            1,
            ({ tag, value }, message) => {
              message.writeStringField(1, tag);
              message.writeFloatField(2, value);
            },
            scalar,
          );
      },
      scalars,
    );
  return event.finish();
}

/** A record of a TFRecord file: length, its checksum, data, its checksum; all numbers little endian. */
function record(data: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(data.length + 16);
  framed.writeBigUInt64LE(BigInt(data.length), 0);
  framed.writeUInt32LE(maskedChecksum(framed.subarray(0, 8)), 8);
  framed.set(data, 12);
  framed.writeUInt32LE(maskedChecksum(data), 12 + data.length);
  return framed;
}

/** TFRecord's masked CRC-32C: rotated right by 15 bits, plus a constant. A checksum of data that contains checksums would be weak. */
function maskedChecksum(data: Uint8Array): number {
  const checksum = crc32c.buf(data) >>> 0;
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

import { createRandom } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { loadSplits, splitValidation } from '../dataset/index.js';
import type { Split, Surroundings } from '../dataset/index.js';

/** The three parts of a run's data. Model selection sees `validation`; `test` is looked at once per trained network. */
export interface RunData {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** Which training images are held out is one decision for all seeds: all networks are compared on the same images. */
const SPLIT_SEED = 0;

/** What reading data says: `say` what the user should know, `meter` how far it is. */
type DataLog = Pick<Surroundings, 'meter'> & { readonly say?: ((text: string) => void) | undefined };

/** @param log may be left out */
export async function loadRunData(
  config: RunConfig,
  { say, meter }: DataLog = {},
  signal?: AbortSignal,
): Promise<RunData> {
  const { test, ...others } = await loadSplitData(
    config,
    ['train', 'validation', 'test'],
    { say, meter },
    signal,
  );
  return { ...others, test: test as Dataset };
}

/** Reads data once for runs in a row that have the same. */
export function lastData(): typeof loadRunData {
  let last: { readonly key: string; readonly data: ReturnType<typeof loadRunData> } | undefined;
  return (config, log, signal) => {
    const key = JSON.stringify([config.dataset, config.validationFraction]);
    if (last?.key !== key) last = { key, data: loadRunData(config, log, signal) };
    return last.data;
  };
}

async function loadSplitData(
  config: RunConfig,
  wanted: readonly Split[],
  { say, meter }: DataLog,
  signal: AbortSignal | undefined,
): Promise<Omit<RunData, 'test'> & { readonly test: Dataset | undefined }> {
  const { splits, notes = [] } = await loadSplits(config.dataset, wanted, { meter, signal });
  for (const note of notes) say?.(`Warning: ${note}`);
  const { test, validation: own } = splits;
  const all = splits.train as Dataset;
  const absent = absentNote(all);
  if (absent !== undefined) say?.(`Warning: ${absent}`);
  if (own !== undefined) return { train: all, validation: own, test };
  const stream = createRandom(SPLIT_SEED).fork('validation');
  const { train, validation, note } = splitValidation(all, config.validationFraction, stream);
  if (note !== undefined) say?.(`Warning: ${note}`);
  return { train, validation, test };
}

/** What to know about classes that nobody trains on; undefined where every class has a training image, or none has a label. */
function absentNote({ labels, classes, classNames }: Dataset): string | undefined {
  const there = new Set(labels);
  there.delete(-1);
  if (there.size === 0 || there.size === classes) return undefined;
  const first = Array.from({ length: classes }, (_, label) => label).find((label) => !there.has(label)) ?? 0;
  return `${classes - there.size} of ${classes} classes have no training image (the first is ${classNames?.[first] ?? first}): no network learns them, and every test image of theirs counts as wrong.`;
}

/**
 * The data that choosing options looks at. The test images are not read: what is known of them is what the run's folder says.
 *
 * @param known of the run
 */
export async function loadTuningData(
  config: RunConfig,
  known: DataFingerprints | undefined,
  log: DataLog = {},
  signal?: AbortSignal,
): Promise<RunData> {
  const { train, validation } = await loadSplitData(config, ['train', 'validation'], log, signal);
  return { train, validation, test: { ...train, ...known?.test, labels: undefined } };
}

/** `data.json`: what the images and labels of a run are. */
export type DataFingerprints = Readonly<Record<keyof RunData, PartFingerprint>>;

interface PartFingerprint {
  readonly size: number;
  readonly fingerprint: string;
}

export function dataFingerprints({ train, validation, test }: RunData): DataFingerprints {
  return { train: of(train), validation: of(validation), test: of(test) };
}

const of = ({ size, fingerprint }: Dataset): PartFingerprint => ({ size, fingerprint });

const PARTS = { train: 'training', validation: 'validation', test: 'test' } as const;

/** The parts that are other images, or other labels, than before, in words. */
export function changedParts(before: DataFingerprints, now: DataFingerprints): readonly string[] {
  return (Object.keys(PARTS) as (keyof RunData)[]).flatMap((part) => {
    const [old, current] = [before[part], now[part]];
    if (old.fingerprint === current.fingerprint) return [];
    const sizes = old.size === current.size ? `${old.size}` : `${old.size}, now ${current.size}`;
    return [`${PARTS[part]} images (${sizes})`];
  });
}

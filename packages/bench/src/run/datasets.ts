import { createRandom } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { loadSplits, splitValidation } from '../dataset/index.js';
import type { Split, Surroundings } from '../dataset/index.js';

/** The three splits of a run's data. Model selection uses `validation`; `test` is for final measurements only. */
export interface RunData {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** One held-out split for all seeds, so that all networks are compared on the same images. */
const SPLIT_SEED = 0;

/** The log of reading data: `say` for messages, `meter` for progress. */
type DataLog = Pick<Surroundings, 'meter'> & { readonly say?: ((text: string) => void) | undefined };

/** Loads the three splits of a run's data. */
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

/** A loader that reuses the data of the previous run if it is the same. */
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
  for (const absent of [trainingNote(all), test && testNote(test)])
    if (absent !== undefined) say?.(`Warning: ${absent}`);
  if (own !== undefined) return { train: all, validation: own, test };
  const stream = createRandom(SPLIT_SEED).fork('validation');
  const { train, validation, note } = splitValidation(all, config.validationFraction, stream);
  if (note !== undefined) say?.(`Warning: ${note}`);
  return { train, validation, test };
}

function trainingNote(train: Dataset): string | undefined {
  const absent = absentClasses(train, 'training');
  return absent && `${absent}: no network learns them, and every test image of theirs counts as wrong.`;
}

function testNote(test: Dataset): string | undefined {
  const absent = absentClasses(test, 'test');
  return absent && `${absent}: test accuracies say nothing about them.`;
}

/** The classes that have no image; undefined where every class has one, or no image has a label. */
function absentClasses({ labels, classes, classNames }: Dataset, part: string): string | undefined {
  const there = new Set(labels);
  there.delete(-1);
  if (there.size === 0 || there.size === classes) return undefined;
  const first = Array.from({ length: classes }, (_, label) => label).find((label) => !there.has(label)) ?? 0;
  return `${classes - there.size} of ${classes} classes have no ${part} image (the first is ${classNames?.[first] ?? first})`;
}

/**
 * The data for choosing options. Test images are not read; only the facts in the run folder are used.
 *
 * @param known the run's fingerprints
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

/** `data.json`: fingerprints of a run's images and labels, and its class names. */
export interface DataFingerprints extends Readonly<Record<keyof RunData, PartFingerprint>> {
  /** Missing without names, and in run folders of older versions. */
  readonly classNames?: readonly string[] | undefined;
}

interface PartFingerprint {
  readonly size: number;
  readonly fingerprint: string;
}

export function dataFingerprints({ train, validation, test }: RunData): DataFingerprints {
  const { classNames } = train;
  return {
    ...{ train: of(train), validation: of(validation), test: of(test) },
    ...(classNames !== undefined && { classNames: [...classNames] }),
  };
}

const of = ({ size, fingerprint }: Dataset): PartFingerprint => ({ size, fingerprint });

const PARTS = { train: 'training', validation: 'validation', test: 'test' } as const;

/**
 * What differs from before, in words: splits with other images or labels, and class names. Saved networks have names, and with others
 * their logits would be put in another order.
 */
export function changedParts(before: DataFingerprints, now: DataFingerprints): readonly string[] {
  const changed = (Object.keys(PARTS) as (keyof typeof PARTS)[]).flatMap((part) => {
    const [old, current] = [before[part], now[part]];
    if (old.fingerprint === current.fingerprint) return [];
    const sizes = old.size === current.size ? `${old.size}` : `${old.size}, now ${current.size}`;
    return [`${PARTS[part]} images (${sizes})`];
  });
  return [...changed, ...renamed(before.classNames, now.classNames)];
}

function renamed(
  before: DataFingerprints['classNames'],
  now: DataFingerprints['classNames'],
): readonly string[] {
  if (before === undefined || now === undefined) return [];
  const at = before.findIndex((name, label) => name !== now[label]);
  return at < 0 ? [] : [`class names (class ${at} was '${before[at] ?? ''}', now '${now[at] ?? ''}')`];
}

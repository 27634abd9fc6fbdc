import { createRandom } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { loadDataset, splitValidation } from '../dataset/index.js';

/** The three parts of a run's data. Model selection sees `validation`; `test` is looked at once per trained network. */
export interface RunData {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** Which training images are held out is one decision for all seeds: all networks are compared on the same images. */
const SPLIT_SEED = 0;

/** @param say is told what the user should know about the data */
export function loadRunData(config: RunConfig, say: (text: string) => void = () => undefined): RunData {
  const all = loadDataset(config.dataset, 'train');
  const { train, validation, note } = splitValidation(
    all,
    config.validationFraction,
    createRandom(SPLIT_SEED).fork('validation'),
  );
  if (note !== undefined) say(`Warning: ${note}`);
  return { train, validation, test: loadDataset(config.dataset, 'test') };
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

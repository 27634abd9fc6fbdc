import type { Dataset } from '@distilljs/core';
import type { RunData } from './datasets.js';

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

import { DistillError } from '@distilljs/core';
import { z } from 'zod';
import type { TrainingFolder } from './run-folder.js';
import { readJson } from './write-json.js';

/** Version of {@link CorruptionResult} as a file. */
export const CORRUPTIONS_SCHEMA = 1;

/** `corruptions.json`: accuracies of one training's network on corrupted test images. Of a cohort, means over those that count. */
export interface CorruptionResult {
  readonly schema: typeof CORRUPTIONS_SCHEMA;
  /** Of the clean test images. */
  readonly fingerprint: string;
  /** Decides the noise. */
  readonly seed: number;
  /** Accuracy on the clean images. */
  readonly clean: number;
  /** By corruption, at strengths 1 to 5. */
  readonly accuracy: Readonly<Record<string, readonly number[]>>;
}

const share = z.number().min(0).max(1);
const form = z.object({
  schema: z.literal(CORRUPTIONS_SCHEMA),
  fingerprint: z.string(),
  seed: z.number().int(),
  clean: share,
  accuracy: z.record(z.string(), z.array(share)),
});

/**
 * @returns undefined where the training has none
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readCorruptions({
  corruptions: file,
}: TrainingFolder): Promise<CorruptionResult | undefined> {
  const hint = 'Remove the file; `distill-bench corruptions RUN` makes it again.';
  const found = await readJson(file, hint);
  if (found === undefined) return undefined;
  const { data, error } = form.safeParse(found);
  if (data !== undefined) return data;
  const got = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)[0] ?? 'another form';
  throw new DistillError({ code: 'data', where: file, expected: 'the file as it was written', got, hint });
}

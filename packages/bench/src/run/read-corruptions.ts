import { z } from 'zod';
import { CORRUPTIONS_SCHEMA } from '../corruption/index.js';
import type { CorruptionResult } from '../corruption/index.js';
import { expectNetwork } from './kept-files.js';
import type { TrainingFolder } from './run-folder.js';
import { inForm, readJson } from './write-json.js';

const share = z.number().min(0).max(1);
const form = z.object({
  schema: z.literal(CORRUPTIONS_SCHEMA),
  fingerprint: z.string(),
  seed: z.number().int(),
  network: z.string().optional(),
  clean: share,
  accuracy: z.record(z.string(), z.array(share)),
});

/**
 * @param network what the figures should be of; undefined where the result does not tell
 * @returns undefined where the training has none
 * @throws DistillError code `data` for a file that is damaged, or another network's
 */
export async function readCorruptions(
  { corruptions: file }: TrainingFolder,
  network: string | undefined,
): Promise<CorruptionResult | undefined> {
  const hint = 'Remove the file; `distill-bench corruptions RUN` makes it again.';
  const found = await readJson(file, hint);
  if (found === undefined) return undefined;
  const kept = inForm(file, form, found, hint);
  expectNetwork({ file, network }, kept.network);
  return kept;
}

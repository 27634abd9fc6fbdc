import { join } from 'node:path';
import { z } from 'zod';
import { CORRUPTIONS_SCHEMA } from '../corruption/index.js';
import type { CorruptionResult } from '../corruption/index.js';
import type { EmbeddingFigures } from '../report/index.js';
import { expectNetwork } from './kept-files.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';
import { inForm, readJson } from './write-json.js';

/* Measurements of a run by `distill-bench corruptions` and `distill-bench metrics`. */

const share = z.number().min(0).max(1);
const corruptionForm = z.object({
  schema: z.literal(CORRUPTIONS_SCHEMA),
  fingerprint: z.string(),
  seed: z.number().int(),
  network: z.string().optional(),
  clean: share,
  accuracy: z.record(z.string(), z.array(share)),
});

/**
 * @param network the network that the figures should belong to; undefined where the result does not name it
 * @returns undefined where the training has no such file
 * @throws DistillError code `data` for a file that is damaged, or another network's
 */
export async function readCorruptions(
  { corruptions: file }: TrainingFolder,
  network: string | undefined,
): Promise<CorruptionResult | undefined> {
  const hint = 'Remove the file; `distill-bench corruptions RUN` makes it again.';
  const found = await readJson(file, hint);
  if (found === undefined) return undefined;
  const kept = inForm(file, corruptionForm, found, hint);
  expectNetwork({ file, network }, kept.network);
  return kept;
}

const number = z.number().nullable();
const summary = z.object({
  n: z.number().int(),
  mean: number,
  sd: number,
  ci95: z.tuple([number, number]).nullable(),
});
const embeddingForm = z.object({
  schema: z.literal(1),
  images: z.string(),
  networks: z.array(z.object({ method: z.string(), seed: z.number().int().optional(), tap: z.string() })),
  methods: z.array(z.object({ method: z.string(), measures: z.record(z.string(), summary) })),
});

/**
 * The embedding figures that `distill-bench metrics` measured for a run; null where it did not.
 *
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readEmbeddings({ report }: RunFolder): Promise<EmbeddingFigures | null> {
  const file = join(report, 'metrics.json');
  const hint = 'Remove the file; `distill-bench metrics RUN` makes it again.';
  const found = await readJson(file, hint);
  if (found === undefined) return null;
  const { images, networks, methods } = inForm(file, embeddingForm, found, hint);
  return {
    images,
    layers: [...new Set(networks.map(({ tap }) => tap))],
    trainings: networks.flatMap(({ method, seed }) => (seed === undefined ? [] : [`${method}/${seed}`])),
    // A measure without a value is null there; summaries leave it out.
    methods: methods as EmbeddingFigures['methods'],
  };
}

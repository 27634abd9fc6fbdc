import { join } from 'node:path';
import { z } from 'zod';
import type { EmbeddingFigures } from '../report/index.js';
import type { RunFolder } from './run-folder.js';
import { inForm, readJson } from './write-json.js';

const number = z.number().nullable();
const summary = z.object({
  n: z.number().int(),
  mean: number,
  sd: number,
  ci95: z.tuple([number, number]).nullable(),
});
const form = z.object({
  schema: z.literal(1),
  images: z.string(),
  methods: z.array(z.object({ method: z.string(), measures: z.record(z.string(), summary) })),
});

/**
 * What `distill-bench metrics` measured of a run's embeddings; null where it did not.
 *
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readEmbeddings({ report }: RunFolder): Promise<EmbeddingFigures | null> {
  const file = join(report, 'metrics.json');
  const hint = 'Remove the file; `distill-bench metrics RUN` makes it again.';
  const found = await readJson(file, hint);
  if (found === undefined) return null;
  const { images, methods } = inForm(file, form, found, hint);
  // What is no number there is null: it is left out when methods are summarized.
  return { images, methods: methods as EmbeddingFigures['methods'] };
}

import type { RunConfig } from '../config/index.js';
import type { EmbeddingFigures, KeptPredictions } from './figures.js';
import type { MethodResult } from './report-data.js';

/** Missing figures, and the commands that compute them, in sentences. */
export function omissions(
  config: RunConfig,
  results: readonly MethodResult[],
  predictions: KeptPredictions,
  embeddings: EmbeddingFigures | null,
): readonly string[] {
  const trainings = results.map(({ method, seed }) => `${method}/${seed}`);
  return [
    ...ofPredictions(predictions),
    ...ofCorruptions(trainings, predictions),
    ...ofEmbeddings(config, trainings, embeddings),
  ];
}

function ofPredictions({ missing }: KeptPredictions): readonly string[] {
  if (missing.length === 0) return [];
  return [
    `Predictions are not kept for ${missing.length === 1 ? '1 training' : `${missing.length} trainings`} (${fewOf(missing)}), so what needs them is left out: top-5, calibration, agreement with the teacher, accuracy by class. \`distill-bench predictions RUN\` computes them from the saved networks.`,
  ];
}

/** Trainings that were not measured on corrupted images as the others were. */
function ofCorruptions(
  trainings: readonly string[],
  { corruptions = new Map() }: KeptPredictions,
): readonly string[] {
  if (corruptions.size === 0) return [];
  const all = [...corruptions].flatMap(([method, seeds]) =>
    seeds.map(({ seed, noise }) => ({ name: method === 'teacher' ? method : `${method}/${seed}`, noise })),
  );
  const missing = ['teacher', ...trainings].filter((training) => all.every(({ name }) => name !== training));
  const noises = [...new Set(all.map(({ noise }) => noise))].sort((a, b) => a - b);
  const [first] = noises;
  return [
    ...(missing.length === 0
      ? []
      : [
          `Accuracy on corrupted images is not measured for ${fewOf(missing)}: \`distill-bench corruptions RUN\` does so.`,
        ]),
    ...(noises.length < 2
      ? []
      : [
          `Networks saw different noise on corrupted images (seeds ${noises.join(', ')}): \`distill-bench corruptions RUN --seed ${first ?? 0}\` measures all with the same.`,
        ]),
  ];
}

/** Trainings that were finished after others were measured. Without any, only identities are worth a word. */
function ofEmbeddings(
  { dataset }: RunConfig,
  trainings: readonly string[],
  embeddings: EmbeddingFigures | null,
): readonly string[] {
  if (embeddings === null)
    return dataset.name === 'identities'
      ? ['Embeddings are not measured: `distill-bench metrics RUN` does so.']
      : [];
  const missing = trainings.filter((name) => !embeddings.trainings.includes(name));
  if (missing.length === 0) return [];
  return [`Embeddings are not measured for ${fewOf(missing)}: \`distill-bench metrics RUN\` does so.`];
}

/** The first few names. */
const fewOf = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');

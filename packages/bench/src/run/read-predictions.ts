import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { DistillError } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { expectRegularFile } from '../file/index.js';
import { cellMetrics, correctness, decodePredictions } from '../predictions/index.js';
import type { CellMetrics, Predictions } from '../predictions/index.js';
import type {
  KeptPredictions,
  MethodResult,
  SeedCorruptions,
  SeedMetrics,
  TeacherResult,
} from '../report/index.js';
import type { DataFingerprints } from './datasets.js';
import { expectNetwork, keptPredictions, teacherDigest, teacherPredictions } from './kept-files.js';
import type { KeptFile } from './kept-files.js';
import { readCorruptions } from './read-measures.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';

/**
 * Computes the figures from kept predictions, training by training, so that at most two networks' predictions are in memory.
 *
 * @param data fingerprints of the run's images; omitted for a folder without them
 * @throws DistillError code `data` for a file that is damaged, or is of other images
 */
export async function readFigures(
  folder: RunFolder,
  { methods }: Pick<RunConfig, 'methods'>,
  taught: TeacherResult,
  results: readonly MethodResult[],
  data: DataFingerprints | undefined,
): Promise<KeptPredictions> {
  let [known, classNames] = [data?.test.fingerprint, undefined as readonly string[] | undefined];
  const read = async (kept: KeptFile): Promise<Predictions | undefined> => {
    const { file } = kept;
    const found = await readPredictions(kept);
    if (found === undefined) return undefined;
    known ??= found.fingerprint;
    classNames ??= found.classNames;
    if (found.fingerprint === known) return found;
    throw new DistillError({
      code: 'data',
      where: file,
      expected: "predictions of the run's test images",
      got: 'predictions of other images',
      hint: 'Remove the file; `distill-bench predictions RUN` makes it again.',
    });
  };
  const teacher = await read(teacherPredictions(folder.teacher, taught));
  const seeds = new Map<string, SeedMetrics[]>(methods.map(({ as }) => [as, []]));
  const missing: string[] = teacher === undefined ? ['teacher'] : [];
  for (const result of results) {
    const { method, seed } = result;
    const networks: CellMetrics[] = [];
    const all = keptPredictions(folder.student(method, seed), result);
    const files = all.filter(({ counted }) => counted);
    let correct = new Float32Array();
    for (const file of files) {
      const found = await read(file);
      if (found === undefined) break;
      networks.push(cellMetrics(found, teacher?.classes === found.classes ? teacher : undefined));
      const own = correctness(found);
      correct = Float32Array.from(own, (value, image) => (correct[image] ?? 0) + value / files.length);
    }
    if (networks.length < files.length) missing.push(`${method}/${seed}`);
    else seeds.get(method)?.push({ seed, networks, correct });
  }
  return {
    classNames,
    teacher: teacher && cellMetrics(teacher),
    seeds,
    missing,
    corruptions: await corruptionsOf(folder, taught, results),
  };
}

async function corruptionsOf(
  folder: RunFolder,
  taught: TeacherResult,
  results: readonly MethodResult[],
): Promise<NonNullable<KeptPredictions['corruptions']>> {
  const found = new Map<string, SeedCorruptions[]>();
  const add = async (
    method: string,
    seed: number,
    place: TrainingFolder,
    network: string | undefined,
  ): Promise<void> => {
    const kept = await readCorruptions(place, network);
    if (kept === undefined) return;
    const { clean, accuracy, seed: noise } = kept;
    found.set(method, [...(found.get(method) ?? []), { seed, noise, clean, accuracy }]);
  };
  await add('teacher', 0, folder.teacher, teacherDigest(taught));
  for (const { method, seed, modelDigest } of results)
    await add(method, seed, folder.student(method, seed), modelDigest);
  return found;
}

/**
 * @returns undefined where there are none
 * @throws DistillError code `data` for a file that is damaged, or another network's
 */
export async function readPredictions(
  kept: Pick<KeptFile, 'file' | 'network'>,
): Promise<Predictions | undefined> {
  const { file } = kept;
  if (!existsSync(file)) return undefined;
  expectRegularFile(file, 'a file of predictions', 'data');
  const found = decodePredictions(await readFile(file), file);
  expectNetwork(kept, found.network);
  return found;
}

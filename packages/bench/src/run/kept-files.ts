import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DistillError, writeWhole } from '@distilljs/core';
import type { EpochReport } from '@distilljs/core';
import type { PredictionRecord } from '../predictions/index.js';
import type { MethodResult, TeacherResult } from '../report/index.js';
import { modelFolders, predictionFiles } from './run-folder.js';
import type { TrainingFolder } from './run-folder.js';
import { readText } from './write-json.js';

/*
 * What a finished training keeps beside its result. A file that is whole may still be another training's: each is compared with
 * what the result says before anyone reads it. Folders of versions that did not keep the digests are taken as they are.
 */

/** SHA-256 of saved models, in hex: of each one's model.json and weights.bin, byte by byte. */
export async function modelDigest(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const name of ['model.json', 'weights.bin']) hash.update(await readFile(join(folder, name)));
  return hash.digest('hex');
}

/**
 * @param known the digest of its result
 * @throws DistillError code `data` when models are not those that their result was measured of
 */
export async function expectModels(
  folders: readonly string[],
  known: string | undefined,
  hint: string,
): Promise<void> {
  if (known === undefined) return;
  const where = folders.join(', ');
  let found: string;
  try {
    found = await modelDigest(folders);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'a file is missing' : String(error);
    throw wrong(where, 'the model that was measured', reason, hint);
  }
  if (found !== known) throw wrong(where, 'the model that was measured', 'other bytes', hint);
}

/**
 * The saved models of a training with a method.
 *
 * @throws DistillError code `data` when they are not those that its result was measured of
 */
export async function measuredModels(
  place: TrainingFolder,
  { cohort, modelDigest: known }: Pick<MethodResult, 'cohort' | 'modelDigest'>,
): Promise<readonly string[]> {
  const folders = modelFolders(place, Math.max(1, cohort?.networks.length ?? 1));
  await expectModels(folders, known, `Remove ${place.result}: --resume then trains it again.`);
  return folders;
}

/** A file of predictions, and the network that they should be of. */
export interface KeptFile {
  readonly file: string;
  /** Undefined where the result does not tell. */
  readonly network: string | undefined;
  /** It counts in the method's accuracy. */
  readonly counted: boolean;
}

/**
 * Keeps what networks said of the test images, beside their models.
 *
 * @param digest what they are known by
 */
export async function savePredictions(
  records: readonly PredictionRecord[],
  folder: TrainingFolder,
  digest: string | undefined,
): Promise<void> {
  const files = predictionFiles(folder, records.length);
  for (const [at, record] of records.entries())
    await writeWhole(files[at] ?? folder.predictions, record.encode(networkName(digest, at, records.length)));
}

/** The files of predictions of a training with a method, one per network. */
export function keptPredictions(
  place: TrainingFolder,
  { cohort, modelDigest: known }: Pick<MethodResult, 'cohort' | 'modelDigest'>,
): readonly KeptFile[] {
  const networks = cohort?.networks ?? [];
  return predictionFiles(place, Math.max(1, networks.length)).map((file, at, all) => ({
    file,
    network: networkName(known, at, all.length),
    counted: networks[at]?.counted !== false,
  }));
}

/** The teacher's file of predictions. */
export const teacherPredictions = (place: TrainingFolder, result: TeacherResult): KeptFile => ({
  file: place.predictions,
  network: teacherDigest(result),
  counted: true,
});

/** What a teacher is known by: the model that the run keeps or, where it keeps none, the fingerprint. */
export const teacherDigest = ({
  modelDigest: known,
  fingerprint,
}: Pick<TeacherResult, 'modelDigest' | 'fingerprint'>): string | undefined => known ?? fingerprint;

/** One network of a training: its models are digested together. */
export const networkName = (known: string | undefined, at: number, networks: number): string | undefined =>
  known === undefined || networks === 1 ? known : `${known}-${at + 1}`;

/**
 * @param found the network that a file says it is of
 * @throws DistillError code `data` when it is another one
 */
export function expectNetwork({ file, network }: Omit<KeptFile, 'counted'>, found: string | undefined): void {
  if (network === undefined || found === undefined || found === network) return;
  const command = file.endsWith('.json') ? 'corruptions' : 'predictions';
  const hint = `Remove the file; \`distill-bench ${command} RUN\` makes it again.`;
  throw wrong(file, `${command} of the network beside it`, "another network's", hint);
}

/** SHA-256 of what a training showed of itself; undefined where it showed nothing. */
export async function inspectionsDigest({ inspections }: TrainingFolder): Promise<string | undefined> {
  const text = await readText(inspections, REMOVE_INSPECTIONS);
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}

/** @throws DistillError code `data` when a training showed something else of itself */
export async function expectInspections(
  place: TrainingFolder,
  { inspectionsDigest: known }: Pick<MethodResult, 'inspectionsDigest'>,
): Promise<void> {
  const found = known === undefined ? undefined : await inspectionsDigest(place);
  if (found === undefined || found === known) return;
  throw wrong(place.inspections, 'what this training showed of itself', 'other bytes', REMOVE_INSPECTIONS);
}

/** @throws DistillError code `data` when the lines of metrics.jsonl are not the epochs of the result */
export async function expectMetrics(
  { metrics: file }: TrainingFolder,
  { epochs }: { readonly epochs: readonly EpochReport[] },
): Promise<void> {
  const hint = 'Remove the file: result.json has the same epochs.';
  const lines = (await readText(file, hint))?.split('\n').filter((line) => line !== '');
  if (lines === undefined || isDeepStrictEqual(lines.map(parsed), epochs)) return;
  throw wrong(file, 'the epochs of result.json', 'other epochs', hint);
}

const REMOVE_INSPECTIONS = 'Remove the file: the report is then written without its heat maps.';

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const wrong = (where: string, expected: string, got: string, hint: string): DistillError =>
  new DistillError({ code: 'data', where, expected, got, hint });

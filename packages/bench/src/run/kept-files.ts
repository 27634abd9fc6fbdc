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
 * Files that a finished training keeps beside its result. A complete file may still belong to another training, so each is compared
 * with the result's digest before use. Folders of older versions without digests are not checked.
 */

/** SHA-256 of saved models, in hex, over the bytes of each model.json and weights.bin. */
export async function modelDigest(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const name of ['model.json', 'weights.bin']) hash.update(await readFile(join(folder, name)));
  return hash.digest('hex');
}

/**
 * @param known the digest in the result
 * @throws DistillError code `data` when the models are not those that the result was measured on
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
 * @throws DistillError code `data` when they are not those that the result was measured on
 */
export async function measuredModels(
  place: TrainingFolder,
  { cohort, modelDigest: known }: Pick<MethodResult, 'cohort' | 'modelDigest'>,
): Promise<readonly string[]> {
  const folders = modelFolders(place, Math.max(1, cohort?.networks.length ?? 1));
  await expectModels(folders, known, `Remove ${place.result}: --resume then trains it again.`);
  return folders;
}

/** A file of predictions, and the network that it should belong to. */
export interface KeptFile {
  readonly file: string;
  /** Undefined where the result does not name it. */
  readonly network: string | undefined;
  /** Whether the network counts in the method's accuracy. */
  readonly counted: boolean;
}

/**
 * Saves the networks' predictions on the test images beside their models.
 *
 * @param digest identifies the models
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

/** Identifies a teacher: the digest of the saved model, or the fingerprint where the run saves none. */
export const teacherDigest = ({
  modelDigest: known,
  fingerprint,
}: Pick<TeacherResult, 'modelDigest' | 'fingerprint'>): string | undefined => known ?? fingerprint;

/** Identifies one network of a training, whose models share a digest. */
export const networkName = (known: string | undefined, at: number, networks: number): string | undefined =>
  known === undefined || networks === 1 ? known : `${known}-${at + 1}`;

/**
 * @param found the network named in the file
 * @throws DistillError code `data` when it is another network
 */
export function expectNetwork({ file, network }: Omit<KeptFile, 'counted'>, found: string | undefined): void {
  if (network === undefined || found === undefined || found === network) return;
  const command = file.endsWith('.json') ? 'corruptions' : 'predictions';
  const hint = `Remove the file; \`distill-bench ${command} RUN\` makes it again.`;
  throw wrong(file, `${command} of the network beside it`, "another network's", hint);
}

/** SHA-256 of a training's inspections; undefined where it recorded none. */
export async function inspectionsDigest({ inspections }: TrainingFolder): Promise<string | undefined> {
  const text = await readText(inspections, REMOVE_INSPECTIONS);
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}

/** @throws DistillError code `data` when the inspections are not those of the result */
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

import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DistillError, UNFINISHED, isDistillError } from '@distilljs/core';
import type { MethodResult, TeacherResult } from '../report/index.js';
import { readCellResult } from '../cell/cell-state.js';
import { placeOf, readRunCells } from '../cell/run-cells.js';
import type { RunCell } from '../cell/run-cells.js';
import { cellFolder } from '../run/cells.js';
import {
  expectInspections,
  expectModels,
  keptPredictions,
  measuredModels,
  teacherDigest,
  teacherPredictions,
} from '../run/kept-files.js';
import { expectIdle, lockFolder } from '../run/lock.js';
import { readMatrix, studyFolder, writeStudy } from '../run/matrix.js';
import type { Matrix } from '../run/matrix.js';
import { changedParts } from '../run/datasets.js';
import { differences, examineFolder, openFolder } from '../run/open-folder.js';
import { examineStudy } from '../run/open-study.js';
import { readCorruptions } from '../run/read-measures.js';
import { readPredictions } from '../run/read-predictions.js';
import { isLeftover } from '../run/own-files.js';
import { replaceTraining } from '../run/replaced.js';
import { runFolder } from '../run/run-folder.js';
import type { TrainingFolder } from '../run/run-folder.js';
import { readRun } from '../run/stored.js';
import { sameFiles, withoutPlaces } from './own-places.js';

export interface Merged {
  /** Cells of the merged run, and how many of them are done. */
  readonly cells: number;
  readonly done: number;
  /** Cells that this merge added. */
  readonly added: number;
}

/**
 * Merges the finished cells of several run folders or studies into one folder, e.g. shards made on machines without a shared folder.
 * The target may already hold a run, which then counts as one of the merged runs.
 *
 * @throws DistillError code `config` for folders of different configurations, code `data` for different images, teachers, or
 * results of one cell; nothing is then written
 */
export async function mergeRuns(folders: readonly string[], into: string): Promise<Merged> {
  const sources: Matrix[] = [];
  for (const folder of folders) {
    const found = await readMatrix(folder);
    if (found === undefined) throw wrong(folder, 'a run folder', 'none');
    sources.push(found);
  }
  const there = await readMatrix(into);
  const all = there === undefined ? sources : [there, ...sources];
  const [first] = all;
  if (first === undefined) throw wrong('merge', 'run folders', 'none');
  // Every two: the first may lack a method or a task that later ones have.
  for (const [at, other] of all.entries())
    for (const before of all.slice(0, at)) expectSameRuns(before, other);
  const chosen = await chooseCells(all);
  // A folder with other content is not written into.
  if (there === undefined) await expectFree(first, into);

  const unlock = await lockFolder(into);
  try {
    await prepareTarget(first, all, into);
    const target = await readRunCells(into);
    let done = 0;
    let added = 0;
    for (const cell of target.all) {
      const source = chosen.get(cell.name);
      if (source === undefined) continue;
      done += 1;
      if (placeOf(source).root === placeOf(cell).root) continue;
      await copyCell(placeOf(source), placeOf(cell));
      added += 1;
    }
    return { cells: target.all.length, done, added };
  } finally {
    await unlock();
  }
}

async function expectFree({ isStudy, runs }: Matrix, into: string): Promise<void> {
  const tasks = runs.map(({ name, run: { config } }) => ({ name, config }));
  const [task] = tasks;
  try {
    if (isStudy) await examineStudy(into, tasks, 'resume');
    else if (task !== undefined) await examineFolder(runFolder(into), task.config, 'resume');
  } catch (error) {
    if (!isDistillError(error)) throw error;
    const { code, where, expected, got } = error;
    throw new DistillError({ code, where, expected, got, hint: 'Merge into another folder.', cause: error });
  }
}

function expectSameRuns(before: Matrix, other: Matrix): void {
  if (before.isStudy !== other.isStudy)
    throw wrong(other.root, before.isStudy ? 'a study' : 'a single run', 'the other');
  const known = new Map(before.runs.map((each) => [each.name, each]));
  for (const each of other.runs) {
    const same = known.get(each.name);
    if (same === undefined) continue;
    const where = each.folder.root;
    const differing = differences(withoutPlaces(each.run.config), {
      ...same.run,
      config: withoutPlaces(same.run.config),
    });
    if (differing.length > 0)
      throw wrong(where, `the configuration of ${same.folder.root}`, `another ${differing.join(', ')}`);
    const changed =
      same.run.data === undefined || each.run.data === undefined
        ? []
        : changedParts(same.run.data, each.run.data);
    if (changed.length > 0)
      throw new DistillError({
        code: 'data',
        where,
        expected: `the data of ${same.folder.root}`,
        got: `other ${changed.join(', ')}`,
      });
  }
}

/**
 * The finished cells by name, each from the first run that has it.
 *
 * @throws DistillError code `data` for a damaged result, different results of one cell, or results made with different files
 */
async function chooseCells(runs: readonly Matrix[]): Promise<ReadonlyMap<string, RunCell>> {
  const chosen = new Map<string, { readonly cell: RunCell; readonly result: object }>();
  const expectSameFiles = sameFiles();
  for (const { root } of runs)
    for (const cell of (await readRunCells(root)).all) {
      const result = await readCellResult(cell.folder, cell.cell);
      if (result === undefined) continue;
      expectSameFiles(cell, result);
      const before = chosen.get(cell.name);
      if (before === undefined) chosen.set(cell.name, { cell, result });
      else expectSameResult(before.result, result, placeOf(before.cell).result, placeOf(cell).result);
    }
  for (const { cell, result } of chosen.values()) await expectMeasured(cell, result);
  return new Map([...chosen].map(([name, { cell }]) => [name, cell]));
}

/** Checks a cell's models and files against its result, so that a damaged or exchanged copy is not merged. */
async function expectMeasured({ folder, cell }: RunCell, result: object): Promise<void> {
  const place = cellFolder(folder, cell);
  if (cell.kind === 'student') {
    const own = result as MethodResult;
    await measuredModels(place, own);
    await expectInspections(place, own);
    await readCorruptions(place, own.modelDigest);
    for (const kept of keptPredictions(place, own)) await readPredictions(kept);
  } else if (cell.kind === 'teacher') {
    const own = result as TeacherResult;
    const hint = 'Restore the teacher from a copy.';
    await expectModels([place.model], own.modelDigest, hint);
    await readCorruptions(place, teacherDigest(own));
    await readPredictions(teacherPredictions(place, own));
  }
}

/** The only fields in which two trainings of one cell may differ. */
const TIMED = /^(?:seconds.*|madeWith|trainingsAtATime|warnings|cost|sources|source)$/;

function expectSameResult(one: object, other: object, oneFile: string, otherFile: string): void {
  const untimed = (key: string, value: unknown): unknown => (TIMED.test(key) ? undefined : value);
  const [a, b] = [one, other].map((value) => JSON.parse(JSON.stringify(value, untimed)) as object);
  const fields = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  const differing = [...fields].filter(
    (key) => JSON.stringify(a?.[key as keyof typeof a]) !== JSON.stringify(b?.[key as keyof typeof b]),
  );
  if (differing.length === 0) return;
  throw new DistillError({
    code: 'data',
    where: otherFile,
    expected: `the result in ${oneFile}`,
    got: `another ${differing.join(', ')}`,
    hint: 'Only wasm and cpu repeat a training byte for byte. Train the teacher once, and pass it to every shard with --teacher.',
  });
}

/** Creates the folders of all runs, or adds methods and seeds to existing ones. */
async function prepareTarget(first: Matrix, all: readonly Matrix[], into: string): Promise<void> {
  const tasks = new Map(first.runs.map(({ name, teacherOf }) => [name, { name, teacherOf }]));
  for (const { runs } of all)
    for (const { name, run, teacherOf } of runs) {
      if (!tasks.has(name)) tasks.set(name, { name, teacherOf });
      const folder = runFolder(first.isStudy ? studyFolder(into).task(name) : into);
      const before = await readRun(folder);
      if (run.data === undefined)
        throw wrong(folder.root, 'runs that keep what their images are', 'an old one');
      // Paths of other machines do not replace those that the folder has.
      const { dataset, teacher, student } = before?.config ?? run.config;
      await openFolder(folder, 'resume', before, {
        config: { ...run.config, dataset, teacher, student },
        environment: run.environment,
        data: run.data,
      });
    }
  if (first.isStudy) await writeStudy(into, [...tasks.values()]);
}

/** Copies a finished cell atomically, without checkpoints and a teacher's cached outputs. */
async function copyCell(from: TrainingFolder, to: TrainingFolder): Promise<void> {
  const left = new Set([from.checkpoint, from.outputs]);
  const unfinished = `${to.root}.${process.pid}${UNFINISHED}`;
  await mkdir(dirname(to.root), { recursive: true });
  try {
    await rm(unfinished, { recursive: true, force: true });
    await cp(from.root, unfinished, {
      recursive: true,
      filter: (file) => !left.has(file) && !isLeftover(file.replaceAll('\\', '/')),
    });
    await expectIdle([to.root]);
    // Replaces an unfinished training of the same cell.
    await replaceTraining(unfinished, to.root);
  } finally {
    // Still there on a full disk, or where another process works on the cell.
    await rm(unfinished, { recursive: true, force: true });
  }
}

const wrong = (where: string, expected: string, got: string): DistillError =>
  new DistillError({ code: 'config', where, expected, got });

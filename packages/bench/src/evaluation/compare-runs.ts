import { DistillError } from '@distilljs/core';
import { allSeeds } from '../config/index.js';
import { readMatrix } from '../run/matrix.js';
import type { MatrixRun } from '../run/matrix.js';
import { missingRun } from '../run/run-folder.js';
import { readMethodResult } from '../run/stored.js';
import { comparePaired, holmAdjusted } from '../statistics/index.js';
import type { PairedComparison } from '../statistics/index.js';

/** One method in two runs. */
export interface ComparedMethod {
  /** Empty for runs that are not studies. */
  readonly task: string;
  readonly method: string;
  /** Mean test accuracies over the common seeds. */
  readonly first: number;
  readonly second: number;
  /** Second minus first, over the common seeds. */
  readonly difference: PairedComparison;
  /** p-value after Holm's correction for all rows; null where there is none. */
  readonly correctedP: number | null;
}

export interface ComparedRuns {
  readonly rows: readonly ComparedMethod[];
  /** What could not be compared, and why. */
  readonly omitted: readonly string[];
}

/**
 * Compares two runs or studies method by method and seed by seed: did a change help? Accuracies are those after the last epoch.
 *
 * @throws DistillError code `data` when a folder holds no run, the test images differ, or nothing is in common
 */
export async function compareRuns(firstRoot: string, secondRoot: string): Promise<ComparedRuns> {
  const [first, second] = [await runsOf(firstRoot), await runsOf(secondRoot)];
  const omitted: string[] = [];
  const rows: Omit<ComparedMethod, 'correctedP'>[] = [];
  for (const run of first) {
    const other = second.find(({ name }) => name === run.name);
    if (other === undefined) {
      omitted.push(`${run.name || firstRoot}: not in ${secondRoot}`);
      continue;
    }
    expectSameImages(run, other);
    for (const { as } of run.run.config.methods) {
      const label = run.name === '' ? as : `${run.name}/${as}`;
      const [a, b] = [await accuraciesOf(run, as), await accuraciesOf(other, as)];
      const difference = comparePaired(b, a);
      if (difference === null) {
        omitted.push(`${label}: no finished seed in common`);
        continue;
      }
      const mean = (values: ReadonlyMap<number, number>): number =>
        difference.seeds.reduce((sum, seed) => sum + (values.get(seed) ?? 0), 0) / difference.seeds.length;
      rows.push({ task: run.name, method: as, first: mean(a), second: mean(b), difference });
    }
    const known = run.run.config.methods.map(({ as }) => as);
    for (const { as } of other.run.config.methods)
      if (!known.includes(as))
        omitted.push(`${run.name === '' ? as : `${run.name}/${as}`}: not in ${firstRoot}`);
  }
  for (const { name } of second)
    if (first.every((run) => run.name !== name)) omitted.push(`${name || secondRoot}: not in ${firstRoot}`);
  if (rows.length === 0) {
    throw new DistillError({
      ...{ code: 'data', where: `${firstRoot} and ${secondRoot}` },
      expected: 'runs with a method and a finished seed in common',
      got: omitted.slice(0, 3).join('; ') || 'none',
    });
  }
  const tested = rows.filter(({ difference }) => difference.p !== null);
  const corrected = holmAdjusted(tested.map(({ difference }) => difference.p ?? 1));
  return {
    rows: rows.map((row) => ({ ...row, correctedP: corrected[tested.indexOf(row)] ?? null })),
    omitted,
  };
}

async function runsOf(root: string): Promise<readonly MatrixRun[]> {
  const matrix = await readMatrix(root);
  if (matrix === undefined) throw missingRun(root);
  return matrix.runs;
}

/** Accuracies on other images say nothing about a change. */
function expectSameImages({ folder, run }: MatrixRun, other: MatrixRun): void {
  const [a, b] = [run.data?.test.fingerprint, other.run.data?.test.fingerprint];
  if (a === undefined || b === undefined || a === b) return;
  throw new DistillError({
    ...{ code: 'data', where: other.folder.root },
    expected: `the test images of ${folder.root}`,
    got: 'other images',
    hint: 'Compare runs on the same data.',
  });
}

async function accuraciesOf(
  { folder, run }: MatrixRun,
  method: string,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  for (const seed of allSeeds(run.config)) {
    const result = await readMethodResult(folder.student(method, seed), method, seed);
    if (result !== undefined) found.set(seed, result.testAccuracyLast);
  }
  return found;
}

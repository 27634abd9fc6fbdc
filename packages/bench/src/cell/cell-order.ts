import { workName } from '../run/cells.js';
import type { Cell, MatrixCell } from '../run/cells.js';
import { stepsOf } from '../run/check-methods.js';
import type { StudyPlans } from '../run/open-study.js';

/** Planned training steps of a cell; 0 where nothing is known. */
export const stepsOfCell = (plans: StudyPlans, cell: Cell): number =>
  stepsOf(plans.get(cell.task ?? '') ?? new Map(), workName(cell));

/**
 * Cells in the order in which several processes take them, so that at the end little is left for one while the others have nothing:
 * teachers first, then the task with the longest training; in a task what tuning tries, then seed by seed, so that a run that is
 * stopped early has compared all methods on some seeds; there the longest training first. Among equals the order is as it was.
 */
export function inWorkingOrder(cells: readonly MatrixCell[], plans: StudyPlans): readonly MatrixCell[] {
  const longest = new Map<string, number>();
  const firstOf = new Map<string, number>();
  const round = ({ task = '', ...cell }: Cell): string =>
    cell.kind === 'student' ? `${task}/${cell.seed}` : `${task}/${cell.kind}`;
  for (const [at, { cell }] of cells.entries()) {
    const { kind, task = '' } = cell;
    if (kind !== 'teacher') longest.set(task, Math.max(longest.get(task) ?? 0, stepsOfCell(plans, cell)));
    for (const group of [task, round(cell)]) if (!firstOf.has(group)) firstOf.set(group, at);
  }
  const rank = ({ cell }: MatrixCell): readonly number[] => {
    const { kind, task = '' } = cell;
    const steps = stepsOfCell(plans, cell);
    if (kind === 'teacher') return [0, -steps];
    return [1, -(longest.get(task) ?? 0), firstOf.get(task) ?? 0, firstOf.get(round(cell)) ?? 0, -steps];
  };
  const ranked = cells.map((cell) => ({ cell, rank: rank(cell) }));
  return ranked.sort((a, b) => compared(a.rank, b.rank)).map(({ cell }) => cell);
}

function compared(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((value, at) => value !== b[at]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

import { workName } from '../run/cells.js';
import type { Cell, MatrixCell } from '../run/cells.js';
import type { StudyPlans } from '../run/open-study.js';

/** Work of a cell in multiply–accumulate operations over all planned steps; 0 where it is not known. */
export const workOfCell = (plans: StudyPlans, cell: Cell): number =>
  (plans.get(cell.task ?? '')?.get(workName(cell)) ?? []).reduce(
    (sum, { epochs, stepsPerEpoch, macsPerStep }) => sum + epochs * stepsPerEpoch * macsPerStep,
    0,
  );

/**
 * The order in which parallel processes take cells, chosen to keep all of them busy to the end: teachers first, then the task with the
 * longest training. Within a task, trials come first, then seed by seed with the longest training first. A run that stops early has
 * thus compared all methods on some seeds. Ties keep the given order.
 */
export function inWorkingOrder(cells: readonly MatrixCell[], plans: StudyPlans): readonly MatrixCell[] {
  const longest = new Map<string, number>();
  const firstOf = new Map<string, number>();
  const round = ({ task = '', ...cell }: Cell): string =>
    cell.kind === 'student' ? `${task}/${cell.seed}` : `${task}/${cell.kind}`;
  for (const [at, { cell }] of cells.entries()) {
    const { kind, task = '' } = cell;
    if (kind !== 'teacher') longest.set(task, Math.max(longest.get(task) ?? 0, workOfCell(plans, cell)));
    for (const group of [task, round(cell)]) if (!firstOf.has(group)) firstOf.set(group, at);
  }
  const rank = ({ cell }: MatrixCell): readonly number[] => {
    const { kind, task = '' } = cell;
    const work = workOfCell(plans, cell);
    if (kind === 'teacher') return [0, -work];
    return [1, -(longest.get(task) ?? 0), firstOf.get(task) ?? 0, firstOf.get(round(cell)) ?? 0, -work];
  };
  const ranked = cells.map((cell) => ({ cell, rank: rank(cell) }));
  return ranked.sort((a, b) => compared(a.rank, b.rank)).map(({ cell }) => cell);
}

function compared(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((value, at) => value !== b[at]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

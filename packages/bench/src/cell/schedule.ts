import type { MatrixCell } from '../run/cells.js';

/** Cells in the order in which they may be trained. */
export interface Schedule {
  /** The next cell whose prerequisites are done; undefined where there is none at the moment. */
  take(): MatrixCell | undefined;
  /** Whether another cell could be taken now. */
  hasReady(): boolean;
  /** Marks a cell as done: cells that waited only for it become ready. */
  done(cell: MatrixCell): void;
  /** Schedules a cell again, after all others that are ready now. */
  again(cell: MatrixCell): void;
  /** Marks a cell that will never be done. @returns the cells that can therefore never be trained */
  lost(cell: MatrixCell): readonly MatrixCell[];
}

/**
 * @param cells the remaining cells in the wanted order; prerequisites outside the list are done
 */
export function scheduleOf(cells: readonly MatrixCell[]): Schedule {
  const left = new Set(cells.map(({ name }) => name));
  const needs = new Map<string, number>();
  const waiting = new Map<string, MatrixCell[]>();
  const place = new Map(cells.map(({ name }, at) => [name, at]));
  /** Ascending by place. */
  let ready: MatrixCell[] = [];
  const tried: MatrixCell[] = [];
  for (const cell of cells) {
    const open = cell.after.filter((name) => left.has(name));
    needs.set(cell.name, open.length);
    for (const name of open) {
      const others = waiting.get(name);
      if (others === undefined) waiting.set(name, [cell]);
      else others.push(cell);
    }
    if (open.length === 0) ready.push(cell);
  }
  const at = ({ name }: MatrixCell): number => place.get(name) ?? 0;
  return {
    take: () => ready.shift() ?? tried.shift(),
    hasReady: () => ready.length + tried.length > 0,
    done({ name }) {
      const freed = (waiting.get(name) ?? []).filter((cell) => {
        const open = (needs.get(cell.name) ?? 1) - 1;
        needs.set(cell.name, open);
        return open === 0;
      });
      if (freed.length > 0) ready = [...ready, ...freed].sort((a, b) => at(a) - at(b));
    },
    again(cell) {
      tried.push(cell);
    },
    lost(cell) {
      const found = new Set<MatrixCell>();
      const follow = ({ name }: MatrixCell): void => {
        for (const next of waiting.get(name) ?? []) {
          if (found.has(next)) continue;
          found.add(next);
          follow(next);
        }
      };
      follow(cell);
      return [...found];
    },
  };
}

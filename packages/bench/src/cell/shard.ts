import { DistillError } from '@distilljs/core';
import type { MatrixCell } from '../run/cells.js';

/** One of several parts of a run. */
export interface Shard {
  /** From 1. */
  readonly part: number;
  readonly of: number;
}

/** `2/4`. @throws DistillError code `config` */
export function parseShard(text: string): Shard {
  const [, part, of] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { part: Number(part), of: Number(of) };
  if (shard.part >= 1 && shard.part <= shard.of) return shard;
  const expected = 'PART/PARTS, such as 1/4 up to 4/4';
  throw new DistillError({ code: 'config', where: '--shard', expected, got: `'${text}'` });
}

/** The cells that no other waits for. */
function endsOf(cells: readonly MatrixCell[]): readonly MatrixCell[] {
  const needed = new Set(cells.flatMap(({ after }) => after));
  return cells.filter(({ name }) => !needed.has(name));
}

/** @throws DistillError code `config` for a part that has no cells */
export function expectTrainings(cells: readonly MatrixCell[], { part, of }: Shard): void {
  const ends = endsOf(cells).length;
  if (part <= ends) return;
  throw new DistillError({
    code: 'config',
    where: '--shard',
    expected: `a part that has trainings: there are ${ends} for ${of} parts`,
    got: `${part}/${of}`,
    hint: `Divide the run into at most ${ends}.`,
  });
}

/**
 * The cells of a part: every `of`-th cell that no other waits for, and all their prerequisites. Prerequisites that several parts need,
 * such as the teacher, are in each of them.
 */
export function shardOf(cells: readonly MatrixCell[], { part, of }: Shard): readonly MatrixCell[] {
  const ends = endsOf(cells).filter((_, at) => at % of === part - 1);
  const byName = new Map(cells.map((cell) => [cell.name, cell]));
  const wanted = new Set<string>();
  const add = ({ name, after }: MatrixCell): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const before of after) {
      const cell = byName.get(before);
      if (cell !== undefined) add(cell);
    }
  };
  for (const cell of ends) add(cell);
  return cells.filter(({ name }) => wanted.has(name));
}

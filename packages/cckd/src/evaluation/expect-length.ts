import { DistillError } from '@distilljs/core';
import type { UnitTable } from './unit-table.js';

/**
 * Throws unless there is one value (label, identity, camera) per row.
 *
 * @throws DistillError code `shape`
 */
export function expectLength(where: string, values: ArrayLike<number>, rows: number): void {
  if (values.length === rows) return;
  const got = `${values.length}`;
  throw new DistillError({ code: 'shape', where, expected: `one value per row, ${rows}`, got });
}

/**
 * Throws unless both tables have one width.
 *
 * @throws DistillError code `shape`
 */
export function expectSameWidth(where: string, table: UnitTable, other: UnitTable): void {
  if (table.width === other.width || other.size === 0) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: `embeddings as wide as the others, ${table.width}`,
    got: `${other.width}`,
    hint: 'Compare embeddings of one network only.',
  });
}

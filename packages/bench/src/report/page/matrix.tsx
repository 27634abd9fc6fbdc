import type { VNode } from 'preact';
import { points } from '../format.js';
import { uprightWidth, WideTable, widthOf } from './wide-table.js';

/** The strongest tint that leaves the text on it legible, per cent of the accent. */
const DARKEST = 38;

/** Two methods, and by how much the first is ahead. */
export interface MatrixPair {
  readonly first: string;
  readonly second: string;
  /** First minus second, as a share. */
  readonly mean: number;
  /** More than chance would give. */
  readonly isSure: boolean;
  /** What else the cell of the first says on hover, and that of the second. */
  readonly words: readonly [ofFirst: string, ofSecond: string];
}

/** Every method against every other: row minus column, the stronger the colour the larger the lead of the row. */
export function Matrix({
  label,
  names,
  pairs,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly pairs: readonly MatrixPair[];
}): VNode {
  const seen = new Map(
    pairs.flatMap((pair) => [
      [`${pair.first}\n${pair.second}`, { pair, mean: pair.mean }] as const,
      [`${pair.second}\n${pair.first}`, { pair, mean: -pair.mean }] as const,
    ]),
  );
  const most = Math.max(...pairs.map(({ mean }) => Math.abs(mean)));
  const cellOf = (row: string, column: string): string => {
    const found = seen.get(`${row}\n${column}`);
    return found === undefined ? '' : points(found.mean);
  };
  return (
    <WideTable
      label={label}
      heading={widthOf(names).letters}
      columns={names.map((column) =>
        uprightWidth(
          column,
          names.map((row) => cellOf(row, column)),
        ),
      )}
      table={(shown, style) => (
        <table class="heat matrix" style={style}>
          <thead>
            <tr>
              <td />
              {shown.map((at) => (
                <th key={at} scope="col">
                  <span>{names[at]}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((row) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {shown.map((at) => (
                  <Difference key={at} row={row} column={names[at] ?? ''} seen={seen} most={most} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    />
  );
}

/** Row minus column. */
function Difference({
  row,
  column,
  seen,
  most,
}: {
  readonly row: string;
  readonly column: string;
  readonly seen: ReadonlyMap<string, { readonly pair: MatrixPair; readonly mean: number }>;
  /** The largest difference of all. */
  readonly most: number;
}): VNode {
  const found = seen.get(`${row}\n${column}`);
  if (found === undefined) return <td />;
  const { pair, mean } = found;
  const tint = mean > 0 && most > 0 ? Math.round((DARKEST * mean) / most) : 0;
  const words = pair.words[row === pair.first ? 0 : 1];
  return (
    <td
      data-tip={`${row} minus ${column}: ${points(mean)} points, ${words}`}
      style={tint === 0 ? undefined : `background:color-mix(in srgb, var(--accent) ${tint}%, transparent)`}
    >
      {pair.isSure ? <b>{points(mean)}</b> : points(mean)}
    </td>
  );
}

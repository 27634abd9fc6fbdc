import type { CSSProperties, VNode } from 'preact';
import { NONE } from '../format.js';
import type { ColourScale } from '../heat-map.js';
import { headingStyle, uprightWidth, WideTable, widthOf } from './wide-table.js';

/** A matrix as a table whose cells are as dark as their values are high. */
export function HeatTable({
  label,
  values,
  scale,
  rowNames,
  columnNames,
  text,
  tip,
  isUpright = false,
}: {
  /** Of a table that may be wider than the page, and then scrolls. */
  readonly label?: string;
  readonly values: readonly (readonly (number | null)[])[];
  readonly scale: ColourScale;
  /** Numbers from 1 where there are none. */
  readonly rowNames?: readonly string[] | undefined;
  readonly columnNames?: readonly string[] | undefined;
  readonly text: (value: number) => string;
  /** What a cell says on hover. */
  readonly tip?: (row: number, column: number) => string;
  /** Column names stand upright, for many narrow columns. */
  readonly isUpright?: boolean;
}): VNode {
  const nameOf = (names: readonly string[] | undefined, at: number): string => names?.[at] ?? String(at + 1);
  const count = values[0]?.length ?? 0;
  const textOf = (value: number | null | undefined): string => (value == null ? NONE : text(value));
  const columns = Array.from({ length: count }, (_, at) => {
    const cells = values.map((row) => textOf(row[at]));
    const name = nameOf(columnNames, at);
    return isUpright ? uprightWidth(name, cells) : widthOf([name, ...cells]);
  });
  const table = (shown: readonly number[], style: CSSProperties): VNode => (
    <table class={isUpright ? 'heat matrix' : 'heat'} style={style}>
      <thead>
        <tr>
          <td />
          {shown.map((at) => (
            <th key={at} scope="col">
              <span>{nameOf(columnNames, at)}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {values.map((row, at) => (
          <tr key={at}>
            <th scope="row">{nameOf(rowNames, at)}</th>
            {shown.map((column) => {
              const value = row[column];
              if (value == null) return <td key={column}>{NONE}</td>;
              const { colour, ink } = scale.at(value);
              return (
                <td key={column} style={`background:${colour};color:${ink}`} data-tip={tip?.(at, column)}>
                  {text(value)}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
  const heading = widthOf(values.map((_, at) => nameOf(rowNames, at))).letters;
  if (label === undefined)
    return table(
      columns.map((_, at) => at),
      headingStyle(heading),
    );
  return <WideTable label={label} heading={heading} columns={columns} table={table} />;
}

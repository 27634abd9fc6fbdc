import type { VNode } from 'preact';
import type { ColourScale } from '../heat-map.js';

/** A matrix as a table whose cells are as dark as their values are high. */
export function HeatTable({
  values,
  scale,
  rowNames,
  columnNames,
  text,
  tip,
  isUpright = false,
}: {
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
  return (
    <table class={isUpright ? 'heat matrix' : 'heat'}>
      <thead>
        <tr>
          <td />
          {(values[0] ?? []).map((_, at) => (
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
            {row.map((value, column) => {
              if (value === null) return <td key={column}>–</td>;
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
}

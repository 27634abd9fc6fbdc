import type { VNode } from 'preact';
import { WideTable, widthOf } from './wide-table.js';

export interface TableRow {
  readonly kind?: string | undefined;
  /** The first is the row's heading. */
  readonly cells: readonly string[];
}

/** A table of text whose rows and columns have headings. */
export function DataTable({
  label,
  head,
  rows,
  isSortable = false,
  isFiltered = false,
}: {
  readonly label: string;
  readonly head: readonly { readonly name: string; readonly meaning?: string }[];
  readonly rows: readonly TableRow[];
  readonly isSortable?: boolean;
  /** Rows can be found by their names. */
  readonly isFiltered?: boolean;
}): VNode {
  const cellsOf = (column: number): readonly string[] => rows.map(({ cells }) => cells[column] ?? '');
  const [corner, ...others] = head;
  return (
    <WideTable
      label={label}
      heading={widthOf(cellsOf(0)).letters}
      columns={others.map(({ name }, at) => {
        const { letters, word } = widthOf(cellsOf(at + 1));
        const least = widthOf([name]).word;
        return { letters: Math.max(letters, least), word: Math.max(word, least) };
      })}
      table={(shown, style, isCopy) => (
        <table
          style={style}
          data-sortable={isSortable && !isCopy ? true : undefined}
          data-filtered={isFiltered && !isCopy ? true : undefined}
        >
          <thead>
            <tr>
              {[corner, ...shown.map((at) => others[at])].map((column) => (
                <th key={column?.name} scope="col" title={column?.meaning}>
                  {column?.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ kind, cells: [first = '', ...cells] }, at) => (
              <tr key={at} class={kind}>
                <th scope="row">{first}</th>
                {shown.map((column) =>
                  column < cells.length ? <td key={column}>{cells[column]}</td> : null,
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    />
  );
}

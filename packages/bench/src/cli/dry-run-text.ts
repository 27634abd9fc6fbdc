import type { DryRun, PlannedCell } from '../cell/dry-run.js';
import { durationText, terminalTable } from '../terminal/index.js';

/** The cells as a table, with their totals. */
export function dryRunText({ cells, seconds, engine, isRace }: DryRun): string {
  const state = ({ isDone, epochs }: PlannedCell): string =>
    isDone ? 'done' : epochs > 0 ? `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} done` : 'to do';
  const rows = cells.map((planned) => [
    planned.name,
    state(planned),
    planned.steps.toLocaleString('en-US'),
    durationText(planned.seconds),
  ]);
  const columns = [
    { title: 'cell' },
    { title: 'state' },
    { title: 'steps', numeric: true },
    { title: 'time', numeric: true },
  ];
  const left = cells.filter(({ isDone }) => !isDone);
  const steps = left.reduce((sum, planned) => sum + planned.steps, 0);
  const estimate = `about ${durationText(seconds)} on engine ${engine}, one after the other`;
  return [
    terminalTable(columns, rows),
    `${cells.length} cells, ${cells.length - left.length} done; ${steps.toLocaleString('en-US')} steps left: ${estimate}.`,
    ...(isRace
      ? [
          'A race trains a part of these: it drops methods that cannot win any more, and ends with its budget.',
        ]
      : []),
  ].join('\n');
}

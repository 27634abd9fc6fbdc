import { measureRun } from '../metrics/index.js';
import type { RunMetrics } from '../metrics/index.js';
import { isShare, measureTitle } from '../report/index.js';
import { eachFinished } from '../run/run-folder.js';
import type { Summary } from '../statistics/index.js';
import { terminalTable } from '../terminal/index.js';
import { print, terminalLog } from './output.js';

export interface MetricsFlags {
  readonly tap?: string;
  readonly json?: true;
}

/** `distill-bench metrics`. */
export async function metricsCommand(runs: readonly string[], { tap, json }: MetricsFlags): Promise<void> {
  const log = terminalLog();
  const say = (text: string): void => {
    log.say(text);
  };
  const measured = await eachFinished(runs, (run) => measureRun(run, { tap, say, meter: log.meter }), say);
  print(json === true ? JSON.stringify(measured, null, 2) : measured.map(metricsTable).join('\n\n'));
}

/** A row per method and a column per measure: mean and deviation over seeds, shares in per cent. */
export function metricsTable({ run, images, methods, networks }: RunMetrics): string {
  const names = [...new Set(methods.flatMap(({ measures }) => Object.keys(measures)))];
  const columns = [
    { title: 'method' },
    ...names.map((name) => ({ title: measureTitle(name), numeric: true })),
  ];
  const rows = methods.map(({ method, measures }) => [
    method,
    ...names.map((name) => cell(measures[name], isShare(name))),
  ]);
  const taps = [...new Set(networks.map(({ tap, width }) => `${tap} (${width} numbers)`))];
  return `${run}: ${images}; embedding ${taps.join(', ')}\n${terminalTable(columns, rows)}`;
}

function cell(summary: Summary | undefined, isPercent: boolean): string {
  if (summary === undefined) return '–';
  const text = (value: number): string => (isPercent ? (100 * value).toFixed(2) : value.toFixed(3));
  return summary.sd === null ? text(summary.mean) : `${text(summary.mean)} ± ${text(summary.sd)}`;
}

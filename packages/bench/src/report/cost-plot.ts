import type { TopLevelSpec } from 'vega-lite';
import { ACCENT, standingsOf } from './accuracy-plot.js';
import { percent, seconds } from './format.js';
import type { MethodResult, Report } from './report-data.js';

/** A method by what its training takes and what it brings. */
export interface CostPoint {
  readonly method: string;
  /** Of one whole training, mean over seeds. */
  readonly minutes: number;
  /** Test accuracy after the last epoch, per cent. */
  readonly accuracy: number;
  /** No other method is both cheaper and better. */
  readonly onFront: boolean;
}

/** Every method's cost; where every training took no measurable time there is nothing to weigh. */
export function costPoints({ rows }: Report, results: readonly MethodResult[]): readonly CostPoint[] {
  const points = rows.flatMap(({ method, testAccuracyLast }) => {
    const own = results.filter((result) => result.method === method && result.epochs.length > 0);
    if (own.length === 0) return [];
    const total = own.reduce((sum, { secondsPerEpoch, epochs }) => sum + secondsPerEpoch * epochs.length, 0);
    return [{ method, minutes: total / own.length / 60, accuracy: 100 * testAccuracyLast.mean }];
  });
  if (points.every(({ minutes }) => minutes === 0)) return [];
  return points.map((point) => ({
    ...point,
    onFront: !points.some(
      ({ minutes, accuracy }) =>
        minutes <= point.minutes &&
        accuracy >= point.accuracy &&
        (minutes < point.minutes || accuracy > point.accuracy),
    ),
  }));
}

/**
 * Test accuracy over the time that a training takes; methods that no other beats in both are joined by steps (the Pareto
 * front) and named.
 *
 * @param width of the plot without its labels, pixels
 * @returns null for fewer than two methods
 */
export function costPlot(report: Report, points: readonly CostPoint[], width: number): TopLevelSpec | null {
  if (points.length < 2) return null;
  const standings = standingsOf(report);
  const height = Math.round(Math.min(300, 120 + width / 4));
  const longest = Math.max(...points.map(({ minutes }) => minutes));
  const [unit, name] = longest < 2 ? [1 / 60, 'seconds'] : longest < 180 ? [1, 'minutes'] : [60, 'hours'];
  const values = points.map(({ minutes, ...point }) => ({
    ...point,
    time: minutes / unit,
    first: standings.get(point.method) === 'first',
    words: `${point.method}: ${percent(point.accuracy / 100)} %, ${seconds(minutes / unit)} ${name} per training`,
  }));
  const low = Math.min(...values.map(({ accuracy }) => accuracy));
  const high = Math.max(...values.map(({ accuracy }) => accuracy));
  const air = 0.08 * (high - low) + 0.05;
  const x = {
    field: 'time',
    type: 'quantitative',
    title: `${name} per training`,
    scale: { zero: true, nice: false, domainMax: 1.06 * Math.max(...values.map(({ time }) => time)) },
    axis: { grid: false, tickCount: Math.round(width / 90) },
  } as const;
  const range: [number, number] = [low - air, high + 2 * air];
  const y = {
    field: 'accuracy',
    type: 'quantitative',
    title: 'test accuracy, %',
    scale: { zero: false, nice: false, domain: range },
    axis: { tickCount: 5, domain: false },
  } as const;
  const color = { condition: { test: 'datum.first', value: ACCENT }, value: 'currentColor' };
  const front = values.filter(({ onFront }) => onFront).sort((a, b) => a.time - b.time);
  return {
    width,
    height,
    encoding: { x, y },
    layer: [
      {
        data: { values: front },
        mark: {
          type: 'line',
          interpolate: 'step-after',
          color: 'currentColor',
          opacity: 0.4,
          strokeWidth: 1,
        },
      },
      {
        data: { values },
        mark: { type: 'point', shape: 'circle', size: 56, filled: true, aria: true },
        encoding: {
          color,
          opacity: { condition: { test: 'datum.onFront', value: 1 }, value: 0.4 },
          description: { field: 'words', type: 'nominal' },
        },
      },
      {
        data: { values: named(front, width, height, range) },
        mark: { type: 'text', align: 'right', dx: -7, dy: -8 },
        encoding: { text: { field: 'method' }, color },
      },
    ],
  };
}

/** Of points on the front, those whose names find room above and to the left of them, the best first. */
function named<Point extends { readonly method: string; readonly time: number; readonly accuracy: number }>(
  front: readonly Point[],
  width: number,
  height: number,
  [low, high]: readonly [number, number],
): readonly Point[] {
  const most = 1.06 * Math.max(...front.map(({ time }) => time));
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  return front.toReversed().filter(({ method, time, accuracy }) => {
    const right = (width * time) / most;
    const box = { left: right - 7 * method.length, right, y: (height * (high - accuracy)) / (high - low) };
    const isFree = taken.every(
      (other) => Math.abs(other.y - box.y) > 14 || other.left > box.right || other.right < box.left,
    );
    if (isFree) taken.push(box);
    return isFree;
  });
}

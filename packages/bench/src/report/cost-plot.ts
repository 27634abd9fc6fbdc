import type { TopLevelSpec } from 'vega-lite';
import { ACCENT, standingsOf } from './accuracy-plot.js';
import { percent, seconds } from './format.js';
import type { MethodResult, Report } from './report-data.js';

/** A method's training time and accuracy. */
export interface CostPoint {
  readonly method: string;
  /** Minutes of one whole training, mean over seeds. */
  readonly minutes: number;
  /** Test accuracy after the last epoch, per cent. */
  readonly accuracy: number;
  /** No other method is both cheaper and better. */
  readonly onFront: boolean;
}

/** Every method's cost; empty where no training took measurable time. */
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
 * Test accuracy over training time. Steps join the Pareto front: the methods that no other method beats in both. Names are
 * placed as far as there is room, those on the front first.
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
  const placed = named(values, width, height, range);
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
      ...SPOTS.map(({ align, dx, dy }, spot) => ({
        data: { values: placed.filter((point) => point.spot === spot) },
        mark: { type: 'text' as const, align, dx, dy },
        encoding: {
          text: { field: 'method' },
          color,
          opacity: { condition: { test: 'datum.onFront', value: 1 }, value: 0.65 },
        },
      })),
    ],
  };
}

/** Candidate positions of a name beside its dot, the best first. */
const SPOTS = [
  { align: 'right', dx: -7, dy: -8 },
  { align: 'left', dx: 8, dy: 0 },
  { align: 'right', dx: -8, dy: 0 },
  { align: 'left', dx: 7, dy: 11 },
  { align: 'right', dx: -7, dy: 11 },
] as const;
/** Sizes of a letter, a line of text and a dot, pixels. */
const LETTER = 6.6;
const LINE = 13;
const DOT = 5;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The points whose names find room, with the position of each. Points on the front come first, then the most accurate. */
function named<
  Point extends {
    readonly method: string;
    readonly time: number;
    readonly accuracy: number;
    readonly onFront: boolean;
  },
>(
  points: readonly Point[],
  width: number,
  height: number,
  [low, high]: readonly [number, number],
): readonly (Point & { readonly spot: number })[] {
  const most = 1.06 * Math.max(...points.map(({ time }) => time));
  const place = ({ time, accuracy }: Point): readonly [x: number, y: number] => [
    (width * time) / most,
    (height * (high - accuracy)) / (high - low),
  ];
  const taken: Box[] = points.map((point) => {
    const [x, y] = place(point);
    return { left: x - DOT, right: x + DOT, top: y - DOT, bottom: y + DOT };
  });
  const isFree = (box: Box): boolean =>
    box.left >= 0 &&
    box.right <= width &&
    taken.every(
      (other) =>
        other.left >= box.right ||
        other.right <= box.left ||
        other.top >= box.bottom ||
        other.bottom <= box.top,
    );
  const order = points.toSorted(
    (a, b) => Number(b.onFront) - Number(a.onFront) || b.accuracy - a.accuracy || a.time - b.time,
  );
  return order.flatMap((point) => {
    const [x, y] = place(point);
    const boxes = SPOTS.map(({ align, dx, dy }): Box => {
      const length = LETTER * point.method.length;
      const left = align === 'left' ? x + dx : x + dx - length;
      return { left, right: left + length, top: y + dy - LINE / 2, bottom: y + dy + LINE / 2 };
    });
    const spot = boxes.findIndex(isFree);
    if (spot < 0) return [];
    taken.push(boxes[spot] as Box);
    return [{ ...point, spot }];
  });
}

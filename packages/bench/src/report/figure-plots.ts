import type { TopLevelSpec } from 'vega-lite';
import { ACCENT, standingsOf } from './accuracy-plot.js';
import type { RowFigures } from './figures.js';
import type { Report } from './report-data.js';

/** Edge of a square plot, pixels: three fit side by side on a desktop screen. */
const SQUARE = 200;
const PANEL = { width: 200, height: 120 };

/**
 * Reliability diagram: accuracy (y) of the predictions by their confidence (x). A dot's area is the number of images; the
 * diagonal is perfect calibration.
 *
 * @returns null without kept predictions
 */
export function calibrationPlot({ metrics }: Pick<RowFigures, 'metrics'>): TopLevelSpec | null {
  const bins = metrics?.calibration.filter(({ images }) => images > 0) ?? [];
  if (bins.length === 0) return null;
  const all = bins.reduce((sum, { images }) => sum + images, 0);
  const values = bins.map(({ images, confidence, accuracy }) => ({
    confidence: 100 * (confidence ?? 0),
    accuracy: 100 * (accuracy ?? 0),
    share: images / all,
    words: `${(100 * (confidence ?? 0)).toFixed(0)} % sure, ${(100 * (accuracy ?? 0)).toFixed(0)} % right: ${((100 * images) / all).toFixed(1)} % of the images`,
  }));
  const scale = { domain: [0, 100], nice: false };
  const axis = { tickCount: 5 };
  return {
    width: SQUARE,
    height: SQUARE,
    encoding: {
      x: { field: 'confidence', type: 'quantitative', title: 'confidence, %', scale, axis },
      y: { field: 'accuracy', type: 'quantitative', title: 'accuracy, %', scale, axis },
    },
    layer: [
      {
        data: {
          values: [
            { confidence: 0, accuracy: 0 },
            { confidence: 100, accuracy: 100 },
          ],
        },
        mark: { type: 'line', strokeDash: [4, 3], strokeWidth: 1, color: 'currentColor', opacity: 0.5 },
      },
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 1.5, color: ACCENT, clip: true },
      },
      {
        data: { values },
        mark: { type: 'circle', color: ACCENT, opacity: 1, aria: true },
        encoding: {
          size: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [12, 500] },
            legend: null,
          },
          description: { field: 'words', type: 'nominal' },
        },
      },
    ],
  };
}

/**
 * Accuracy by the strength of one corruption, where 0 is the clean images: the first-ranked method in colour, the teacher
 * dashed, the others grey.
 *
 * @returns null without corrupted test images
 */
export function corruptionPlot(report: Report, corruption: string): TopLevelSpec | null {
  const standings = standingsOf(report);
  const networks = [
    ...report.rows.map(({ method, corruptions, testAccuracyLast }) => ({
      name: method,
      kind: standings.get(method) === 'first' ? 'first' : 'other',
      clean: testAccuracyLast.mean,
      corruptions,
    })),
    {
      name: 'teacher',
      kind: 'teacher',
      clean: report.teacher.testAccuracy,
      corruptions: report.teacher.corruptions,
    },
  ];
  const values = networks.flatMap(({ name, kind, clean, corruptions }) => {
    const strengths = corruptions?.accuracy[corruption];
    if (strengths === undefined) return [];
    return [clean, ...strengths.map(({ mean }) => mean)].map((accuracy, strength) => ({
      name,
      kind,
      strength,
      accuracy: 100 * accuracy,
      words: `${name}, strength ${strength}: ${(100 * accuracy).toFixed(2)} %`,
    }));
  });
  if (values.length === 0) return null;
  // The last drawn line lies on top.
  const depth = ['other', 'teacher', 'first'];
  values.sort((a, b) => depth.indexOf(a.kind) - depth.indexOf(b.kind));
  const is = (kind: string): string => `datum.kind === '${kind}'`;
  const encoding = {
    x: {
      field: 'strength',
      type: 'quantitative',
      title: 'strength',
      axis: { tickCount: 5, format: 'd', grid: false },
    },
    y: {
      field: 'accuracy',
      type: 'quantitative',
      title: 'accuracy, %',
      scale: { zero: false },
      axis: { tickCount: 4 },
    },
    color: { condition: { test: is('first'), value: ACCENT }, value: 'currentColor' },
  } as const;
  return {
    ...PANEL,
    data: { values },
    encoding,
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1.25 },
        encoding: {
          detail: { field: 'name', type: 'nominal' },
          strokeDash: { condition: { test: is('teacher'), value: [5, 3] }, value: [1, 0] },
          opacity: { condition: { test: is('other'), value: 0.4 }, value: 1 },
        },
      },
      {
        mark: { type: 'circle', size: 22, opacity: 1, aria: true },
        encoding: {
          opacity: { condition: { test: is('other'), value: 0.4 }, value: 1 },
          description: { field: 'words', type: 'nominal' },
        },
      },
    ],
  };
}

/** The corruptions of a report, in the order of the first network that has any. */
export function corruptionNames({ rows, teacher }: Report): readonly string[] {
  const found = [teacher, ...rows].find(({ corruptions }) => corruptions !== null);
  return Object.keys(found?.corruptions?.accuracy ?? {});
}

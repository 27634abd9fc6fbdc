import type { TopLevelSpec } from 'vega-lite';
import { ACCENT } from './accuracy-plot.js';
import type { MethodResult } from './report-data.js';

/** Size of the drawing without labels, pixels: a card fits a telephone. */
const SIZE = { width: 258, height: 130 };

/** A mean over seeds at one epoch, counted from 1 over all phases. */
interface CurvePoint {
  readonly series: string;
  /** Of a cohort, where the value is that of one network. */
  readonly network?: string | undefined;
  readonly epoch: number;
  readonly value: number;
}

/**
 * Validation accuracy by epoch, per cent: the method's seeds thin, their mean strong, and the other methods' means
 * pale, so that each is seen against all.
 *
 * @param results of all methods
 * @returns null when the method has no validation measurements
 */
export function validationPlot(method: string, results: readonly MethodResult[]): TopLevelSpec | null {
  const own = results.filter((result) => result.method === method);
  const seeds = own.flatMap((result) => validationCurve(String(result.seed), result));
  if (seeds.length === 0) return null;
  const others = [...new Set(results.map((result) => result.method))]
    .filter((name) => name !== method)
    .flatMap((name) =>
      meanCurve(
        name,
        results.filter((result) => result.method === name).flatMap((result) => validationCurve(name, result)),
      ),
    );
  const all = results.flatMap((result) => validationCurve('', result)).map(({ value }) => value);
  // The first epochs differ tenfold and the last ones by a point: what counts would be flat with all of them in sight.
  const domain: [number, number] = [quantile(all, 0.25), Math.max(...all)];
  const y = {
    field: 'value',
    type: 'quantitative',
    title: 'accuracy, %',
    scale: { domain, zero: false, nice: true },
    axis: { tickCount: 5 },
  } as const;
  const detail = { field: 'series', type: 'nominal' } as const;
  return {
    ...SIZE,
    encoding: { x: EPOCH, y },
    layer: [
      {
        data: { values: others },
        mark: { ...LINE, color: 'currentColor', opacity: 0.22, strokeWidth: 1 },
        encoding: { detail },
      },
      {
        data: { values: seeds },
        mark: { ...LINE, color: ACCENT, opacity: 0.4, strokeWidth: 1 },
        encoding: { detail },
      },
      {
        data: { values: meanCurve('mean', seeds) },
        mark: { ...LINE, color: ACCENT, strokeWidth: 2 },
      },
    ],
  };
}

/**
 * What each term adds to the loss by epoch: its value times its weight, mean over seeds; a cohort's networks each.
 *
 * @returns null when the method logged no terms
 */
export function termPlot(method: string, results: readonly MethodResult[]): TopLevelSpec | null {
  const own = results.filter((result) => result.method === method);
  return linesOf(own.flatMap(actingTerms), 'weight × term');
}

/**
 * What the method watches beside its loss (terms of weight 0, such as a discriminator's mean scores) by epoch, mean over
 * seeds; a cohort's networks each.
 *
 * @returns null when it watches nothing
 */
export function watchedPlot(method: string, results: readonly MethodResult[]): TopLevelSpec | null {
  const own = results.filter((result) => result.method === method);
  return linesOf(own.flatMap(watchedTerms), 'value');
}

function linesOf(values: readonly CurvePoint[], title: string): TopLevelSpec | null {
  const names = [...new Set(values.map(({ series }) => series))];
  if (names.length === 0) return null;
  const networks = [...new Set(values.map(({ network }) => network))];
  const points = names.flatMap((name) =>
    networks.flatMap((network) =>
      meanCurve(
        name,
        values.filter((point) => point.series === name && point.network === network),
        network,
      ),
    ),
  );
  return {
    ...SIZE,
    data: { values: points },
    mark: { ...LINE, strokeWidth: 2 },
    encoding: {
      x: EPOCH,
      y: {
        field: 'value',
        type: 'quantitative',
        title,
        scale: { zero: false },
        axis: { tickCount: 5 },
      },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: names, range: [...COLOURS] },
        legend: { columns: legendColumns(names) },
      },
      ...(networks.length > 1 && {
        strokeDash: {
          field: 'network',
          type: 'nominal',
          title: 'network',
          legend: { columns: networks.length },
        },
      }),
    },
  };
}

/** Readable on white and on black, and apart for the colour-blind in this order. */
const COLOURS = ['#2f7fc1', '#c66a16', '#2f9a68', '#b05cb0', '#c24d4d', '#7d8189'] as const;

/** Without clipping, the sharp corners of a noisy line widen the plot. */
const LINE = { type: 'line', clip: true } as const;

const EPOCH = {
  field: 'epoch',
  type: 'quantitative',
  title: 'epoch',
  scale: { zero: false, nice: false },
  axis: { grid: false, tickMinStep: 1, tickCount: 6, format: 'd' },
} as const;

/** Columns of a legend that is no wider than its plot, by the width of 11-pixel letters and of a symbol. */
function legendColumns(names: readonly string[]): number {
  const widths = names.map((name) => 8.8 * name.length + 30);
  const inOneRow = widths.reduce((sum, width) => sum + width, 0) <= SIZE.width;
  return inOneRow ? names.length : Math.max(1, Math.floor(SIZE.width / Math.max(...widths)));
}

/** Of many epochs so many, evenly spaced and the last among them, as a drawing of this width can tell apart. */
function thinned<Epoch>(epochs: readonly Epoch[]): readonly Epoch[] {
  const step = Math.ceil(epochs.length / (SIZE.width / 3));
  return epochs.filter((_, at) => (epochs.length - 1 - at) % step === 0);
}

/** The smallest value that at least this share of all does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

function validationCurve(series: string, { epochs, cohort }: MethodResult): CurvePoint[] {
  return thinned(epochs).flatMap(({ globalEpoch, validation }) => {
    const accuracy = validationAccuracy(validation, cohort);
    return accuracy === undefined ? [] : [{ series, epoch: globalEpoch + 1, value: 100 * accuracy }];
  });
}

/** The student's at one epoch: of a cohort, the mean over the networks that count. */
export function validationAccuracy(
  validation: MethodResult['epochs'][number]['validation'],
  cohort: MethodResult['cohort'],
): number | undefined {
  const counted = validation.filter((_, network) => cohort?.networks[network]?.counted ?? true);
  if (counted.length === 0) return undefined;
  return counted.reduce((sum, { accuracy }) => sum + accuracy, 0) / counted.length;
}

/** What acts on the weights. */
function actingTerms(result: MethodResult): CurvePoint[] {
  return termCurves(result, (weight) => weight !== 0).map(({ weight, ...point }) => ({
    ...point,
    value: weight * point.value,
  }));
}

/** What is logged and acts on nothing (weight 0). */
function watchedTerms(result: MethodResult): CurvePoint[] {
  return termCurves(result, (weight) => weight === 0);
}

/** Terms by epoch; those of a cohort's networks (`ce1`, `ce2`) as one series (`ce`) of several networks. */
function termCurves(
  { epochs, cohort }: MethodResult,
  wanted: (weight: number) => boolean,
): (CurvePoint & { readonly weight: number })[] {
  return thinned(epochs).flatMap(({ globalEpoch, terms }) =>
    Object.entries(terms).flatMap(([name, { value, weight }]) => {
      const network = cohort === undefined ? undefined : /\d+$/.exec(name)?.[0];
      const series = network === undefined ? name : name.slice(0, -network.length);
      return wanted(weight) ? [{ series, network, epoch: globalEpoch + 1, value, weight }] : [];
    }),
  );
}

function meanCurve(series: string, points: readonly CurvePoint[], network?: string): CurvePoint[] {
  const epochs = [...new Set(points.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  return epochs.map((epoch) => {
    const values = points.filter((point) => point.epoch === epoch).map(({ value }) => value);
    return { series, network, epoch, value: values.reduce((sum, value) => sum + value, 0) / values.length };
  });
}

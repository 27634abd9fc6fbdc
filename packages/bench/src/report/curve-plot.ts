import type { TopLevelSpec } from 'vega-lite';
import { ACCENT } from './accuracy-plot.js';
import type { MethodResult } from './report-data.js';

/** Size of the plot without labels, pixels: a card fits a phone. */
const SIZE = { width: 258, height: 130 };

/** A mean over seeds at one epoch, counted from 1 over all phases. */
interface CurvePoint {
  readonly series: string;
  /** The network's number in a cohort, where the value belongs to one network. */
  readonly network?: string | undefined;
  readonly epoch: number;
  readonly value: number;
}

/**
 * Validation accuracy by epoch, per cent: the method's seeds as thin lines, their mean as a bold line, and the other methods'
 * means in pale grey for comparison.
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
  // Early accuracies span a wide range and late ones a point: with all in view, the differences that matter would be flat.
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
 * Each term's contribution to the loss by epoch: its value times its weight, mean over seeds, one line per network of a cohort.
 *
 * @returns null when the method logged no terms
 */
export function termPlot(method: string, results: readonly MethodResult[]): TopLevelSpec | null {
  const own = results.filter((result) => result.method === method);
  return linesOf(own.flatMap(actingTerms), 'weight × term');
}

/**
 * The values that a method monitors beside its loss (terms of weight 0, such as a discriminator's mean scores) by epoch, mean over
 * seeds, one line per network of a cohort.
 *
 * @returns null when it monitors nothing
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

/** Readable on white and on black; distinguishable in this order with colour blindness. */
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

/** Columns of a legend no wider than its plot, estimated from 11-pixel letters and the symbol. */
function legendColumns(names: readonly string[]): number {
  const widths = names.map((name) => 8.8 * name.length + 30);
  const inOneRow = widths.reduce((sum, width) => sum + width, 0) <= SIZE.width;
  return inOneRow ? names.length : Math.max(1, Math.floor(SIZE.width / Math.max(...widths)));
}

/** At most as many epochs as the plot's width can show, evenly spaced and including the last. */
function thinned<Epoch>(epochs: readonly Epoch[]): readonly Epoch[] {
  const step = Math.ceil(epochs.length / (SIZE.width / 3));
  return epochs.filter((_, at) => (epochs.length - 1 - at) % step === 0);
}

/** The empirical quantile of a share from 0 to 1. */
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

/** The student's validation accuracy at one epoch: for a cohort, the mean over the networks that count. */
export function validationAccuracy(
  validation: MethodResult['epochs'][number]['validation'],
  cohort: MethodResult['cohort'],
): number | undefined {
  const counted = validation.filter((_, network) => cohort?.networks[network]?.counted ?? true);
  if (counted.length === 0) return undefined;
  return counted.reduce((sum, { accuracy }) => sum + accuracy, 0) / counted.length;
}

/** Terms that act on the weights, times their weight. */
function actingTerms(result: MethodResult): CurvePoint[] {
  return termCurves(result, (weight) => weight !== 0).map(({ weight, ...point }) => ({
    ...point,
    value: weight * point.value,
  }));
}

/** Terms that are only logged (weight 0). */
function watchedTerms(result: MethodResult): CurvePoint[] {
  return termCurves(result, (weight) => weight === 0);
}

/** Terms by epoch; those of a cohort's networks (`ce1`, `ce2`) form one series (`ce`) of several networks. */
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

import type { VNode } from 'preact';
import type { Interval, Pair } from '../../statistics/index.js';
import { count, NONE, points, probability } from '../format.js';
import { SIGNIFICANT } from '../ranking.js';
import type { Report } from '../report-data.js';
import { DataTable, Details, Scroll, Section } from './parts.js';

/** The strongest tint that leaves the text on it legible, per cent of the accent. */
const DARKEST = 38;

/** Every method against every other: who is better, by how much, and whether seeds could explain it. */
export function Pairwise({ report }: { readonly report: Report }): VNode | null {
  const { pairwise } = report;
  if (pairwise.length === 0) return null;
  const methods = [...new Set(pairwise.flatMap(({ first, second }) => [first, second]))];
  const seen = new Map(
    pairwise.flatMap((pair) => [
      [`${pair.first}\n${pair.second}`, pair] as const,
      [`${pair.second}\n${pair.first}`, turned(pair)] as const,
    ]),
  );
  const most = Math.max(...pairwise.map(({ mean }) => Math.abs(mean)));
  return (
    <Section
      id="pairwise"
      title="Pair by pair"
      note={`Row minus column, in percentage points over common seeds. Bold: p below ${SIGNIFICANT} in a paired t-test, after Holm's correction for all ${pairwise.length} pairs. The stronger the colour, the larger the lead of the row.`}
    >
      <Scroll label="Differences of every pair of methods">
        <table class="heat matrix">
          <thead>
            <tr>
              <td />
              {methods.map((method) => (
                <th key={method} scope="col">
                  <span>{method}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {methods.map((row) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {methods.map((column) => (
                  <PairCell key={column} pair={seen.get(`${row}\n${column}`)} most={most} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <PowerWords report={report} />
      <Details summary="All pairs with intervals, p-values and effect sizes">
        <PairTable pairs={pairwise} />
      </Details>
    </Section>
  );
}

function PairCell({ pair, most }: { readonly pair: Pair | undefined; readonly most: number }): VNode {
  if (pair === undefined) return <td />;
  const { first, second, mean, p, correctedP, wins, ties, losses } = pair;
  const tint = mean > 0 && most > 0 ? Math.round((DARKEST * mean) / most) : 0;
  const isSure = correctedP !== null && correctedP < SIGNIFICANT;
  const words = [
    `${first} minus ${second}: ${points(mean)} points`,
    ...(p === null ? [] : [`p ${probability(p)}`]),
    ...(correctedP === null ? [] : [`corrected ${probability(correctedP)}`]),
    `${wins} won, ${ties} tied, ${losses} lost`,
  ].join(', ');
  return (
    <td
      data-tip={words}
      style={tint === 0 ? undefined : `background:color-mix(in srgb, var(--accent) ${tint}%, transparent)`}
    >
      {isSure ? <b>{points(mean)}</b> : points(mean)}
    </td>
  );
}

/** What these seeds could have shown. */
function PowerWords({ report: { power } }: { readonly report: Report }): VNode | null {
  if (power === null) return null;
  const { seeds, detectable, seedsForOnePoint, moreTrainings, moreHours } = power;
  const found = `With ${seeds} seeds per method, a paired t-test finds a true difference of ${points(detectable).replace('+', '')} points in 80 of 100 such comparisons.`;
  const more =
    moreTrainings === 0
      ? 'That is enough for one point.'
      : `One point would need ${seedsForOnePoint} seeds: ${count(moreTrainings)} more trainings, about ${moreHours < 9.5 ? moreHours.toPrecision(2) : count(moreHours)} hours on this machine.`;
  return <p class="note">{`${found} ${more}`}</p>;
}

function PairTable({ pairs }: { readonly pairs: readonly Pair[] }): VNode {
  const head = [
    'pair',
    'points',
    '95 % interval, seeds',
    '95 % interval, seeds and images',
    'p',
    'p, corrected',
    'won–tied–lost',
    "Hedges' g",
  ];
  const range = (interval: Interval | null): string =>
    interval === null ? NONE : `${points(interval[0])} to ${points(interval[1])}`;
  const chance = (p: number | null): string => (p === null ? NONE : probability(p));
  return (
    <DataTable
      label="All pairs"
      head={head.map((name) => ({ name }))}
      rows={pairs.map((pair) => ({
        cells: [
          `${pair.first} − ${pair.second}`,
          points(pair.mean),
          range(pair.ci95),
          range(pair.ci95WithImages),
          chance(pair.p),
          chance(pair.correctedP),
          `${pair.wins}–${pair.ties}–${pair.losses}`,
          pair.effect === null ? NONE : pair.effect.toFixed(2).replace('-', '−'),
        ],
      }))}
      isSortable
    />
  );
}

/** The same pair from the other side. */
function turned(pair: Pair): Pair {
  const other = (interval: Interval | null): Interval | null =>
    interval === null ? null : [-interval[1], -interval[0]];
  return {
    ...pair,
    first: pair.second,
    second: pair.first,
    mean: -pair.mean,
    ci95: other(pair.ci95),
    ci95WithImages: other(pair.ci95WithImages),
    wins: pair.losses,
    losses: pair.wins,
    effect: pair.effect === null ? null : -pair.effect,
  };
}

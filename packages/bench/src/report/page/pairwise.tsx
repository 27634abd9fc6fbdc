import type { VNode } from 'preact';
import type { Interval, Pair } from '../../statistics/index.js';
import { durationText } from '../../terminal/style.js';
import { count, NONE, points, probability } from '../format.js';
import { SIGNIFICANT } from '../ranking.js';
import type { Report } from '../report-data.js';
import { Matrix } from './matrix.js';
import type { MatrixPair } from './matrix.js';
import { DataTable } from './data-table.js';
import { Details, Section } from './parts.js';

/** Every method against every other: who is better, by how much, and whether seeds could explain it. */
export function Pairwise({ report }: { readonly report: Report }): VNode | null {
  const { pairwise } = report;
  if (pairwise.length === 0) return null;
  return (
    <Section
      id="pairwise"
      title="Pair by pair"
      note={`Row minus column, in percentage points over common seeds. Bold: p below ${SIGNIFICANT} in a paired t-test, after Holm's correction for all ${pairwise.length} pairs. The stronger the colour, the larger the lead of the row.`}
    >
      <Matrix
        label="Differences of every pair of methods"
        names={[...new Set(pairwise.flatMap(({ first, second }) => [first, second]))]}
        pairs={pairwise.map((pair) => ({
          first: pair.first,
          second: pair.second,
          mean: pair.mean,
          isSure: pair.correctedP !== null && pair.correctedP < SIGNIFICANT,
          words: wordsOf(pair),
        }))}
      />
      <PowerWords report={report} />
      <Details summary="All pairs with intervals, p-values and effect sizes">
        <PairTable pairs={pairwise} />
      </Details>
    </Section>
  );
}

function wordsOf({ p, correctedP, wins, ties, losses }: Pair): MatrixPair['words'] {
  const tests = `${p === null ? '' : `p ${probability(p)}, `}${correctedP === null ? '' : `corrected ${probability(correctedP)}, `}`;
  return [
    `${tests}${wins} won, ${ties} tied, ${losses} lost`,
    `${tests}${losses} won, ${ties} tied, ${wins} lost`,
  ];
}

/** What these seeds could have shown. */
function PowerWords({ report: { power } }: { readonly report: Report }): VNode | null {
  if (power === null) return null;
  const { seeds, detectable, seedsForOnePoint, moreTrainings, moreHours } = power;
  const found = `With ${seeds} seeds per method, a paired t-test finds a true difference of ${points(detectable).replace('+', '')} points in 80 of 100 such comparisons.`;
  const more =
    moreTrainings === 0
      ? 'That is enough for one point.'
      : `One point would need ${seedsForOnePoint} seeds: ${count(moreTrainings)} more trainings, about ${durationText(3600 * moreHours)} on this machine.`;
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

import type { VNode } from 'preact';
import { DataTable, Section } from '../report/index.js';
import type { Interval } from '../statistics/index.js';
import type { ExplainedRun, SeedsComparison } from './explained.js';
import { withInterval } from './explain-findings.js';

const MEASURES = {
  entropy: 'mean entropy, nats',
  conflict: 'pairs in conflict, points',
  accuracy: 'test accuracy, points',
} satisfies Record<SeedsComparison['measure'], string>;

/** What the seeds of each training say together, and how the trainings differ. */
export function OverSeedsSection({
  summaries,
  comparisons,
}: Pick<ExplainedRun, 'summaries' | 'comparisons'>): VNode | null {
  if (summaries.every(({ seeds }) => seeds.length < 2)) return null;
  const levels = summaries[0]?.levels.map(({ name }) => name) ?? [];
  const head = [
    ...['training', 'seeds', 'test accuracy, %'],
    ...levels.map((level) => `entropy ${level}`),
    ...['mean entropy', 'pairs in conflict, %', 'mean cosine'],
  ];
  return (
    <>
      <Section
        title="Over seeds"
        isBroad
        note="Means with 95 % intervals over seeds. Entropies are in nats at attention temperature 1."
      >
        <DataTable
          label="Over seeds"
          head={head.map((name) => ({ name }))}
          rows={summaries.map(({ method, seeds, testAccuracy, levels: own, entropy, conflict }) => ({
            cells: [
              method,
              String(seeds.length),
              inPercent(testAccuracy),
              ...own.map((level) => withInterval(level.entropy)),
              withInterval(entropy),
              conflict === undefined ? '–' : inPercent(conflict.negativeShare),
              conflict === undefined ? '–' : withInterval(conflict.cosine),
            ],
          }))}
          isSortable
        />
      </Section>
      <Section
        title="Training against training"
        note="First minus second, paired over seeds, with 95 % intervals. p-values are from paired t-tests, uncorrected."
      >
        <DataTable
          label="Training against training"
          head={['measure', 'pair', 'difference', 'p'].map((name) => ({ name }))}
          rows={comparisons.map(({ measure, first, second, difference }) => ({
            cells: [
              MEASURES[measure],
              `${first} − ${second}`,
              measure === 'entropy' ? withInterval(difference) : inPercent(difference),
              difference.p?.toFixed(3) ?? '–',
            ],
          }))}
        />
      </Section>
      <Section
        title="Do seeds agree on the tree?"
        note="Adjusted Rand index of the groups of classes that share an expert, mean over pairs of seeds: 1 the same groups, 0 what chance gives. Intervals by the jackknife over seeds. Levels from the images to the classes."
      >
        <DataTable
          label="Agreement of trees"
          head={['training', ...levels].map((name) => ({ name }))}
          rows={summaries.map(({ method, stability }) => ({
            cells: [method, ...levels.map((_, at) => agreement(stability[at]))],
          }))}
        />
      </Section>
    </>
  );
}

interface Estimate {
  readonly mean: number;
  readonly ci95: Interval | null;
}

const agreement = (level: Estimate | undefined): string => (level === undefined ? '–' : withInterval(level));

function inPercent({ mean, ci95 }: Estimate): string {
  const percent = (share: number): string => (100 * share).toFixed(1).replace(/^-/, '−');
  return ci95 === null ? percent(mean) : `${percent(mean)} (${percent(ci95[0])} to ${percent(ci95[1])})`;
}

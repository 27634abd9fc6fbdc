import type { ExplainedTraining } from './explained.js';

/** What the paper claims, held against what was found: per measure, whether KD is lower than label smoothing, and both against plain. */
export function explainFindings(trainings: readonly ExplainedTraining[]): readonly string[] {
  const measures: readonly (readonly [string, (one: ExplainedTraining) => number | undefined])[] = [
    ['mean attention entropy at temperature 1 (nats)', (one) => one.experts?.entropy],
    ['share of pairs of subtasks whose gradients conflict', (one) => ownConflict(one)?.negativeShare],
  ];
  return measures.flatMap(([what, of]) => {
    const mean = (training: ExplainedTraining['training']): Mean | undefined =>
      meanOf(trainings.filter((one) => one.training === training).map(of));
    const [kd, smoothed, plain] = [mean('kd'), mean('label-smoothing'), mean('plain')];
    if (kd === undefined || (smoothed === undefined && plain === undefined)) return [];
    const others = [
      ...(smoothed === undefined ? [] : ([['label smoothing', smoothed]] as const)),
      ...(plain === undefined ? [] : ([['plain training', plain]] as const)),
    ];
    const comparisons = others.map(
      ([name, { value }]) => `${kd.value < value ? 'below' : 'not below'} ${name} (${digits(value)})`,
    );
    const runs = Math.min(kd.runs, ...others.map(([, { runs: each }]) => each));
    const caution = runs < 3 ? ` With ${runs} ${runs === 1 ? 'seed' : 'seeds'} this is no evidence.` : '';
    return [`KD's ${what} is ${digits(kd.value)}, ${comparisons.join(' and ')}.${caution}`];
  });
}

/** Conflict under the targets that the training itself used. */
export function ownConflict({ training, experts }: ExplainedTraining): Conflicts | undefined {
  if (training === undefined) return undefined;
  return experts?.conflict?.[training === 'plain' ? 'hard' : training];
}

type Conflicts = NonNullable<NonNullable<NonNullable<ExplainedTraining['experts']>['conflict']>['hard']>;

interface Mean {
  readonly value: number;
  readonly runs: number;
}

function meanOf(values: readonly (number | undefined)[]): Mean | undefined {
  const found = values.filter((value) => value !== undefined);
  return found.length === 0
    ? undefined
    : { value: found.reduce((sum, value) => sum + value, 0) / found.length, runs: found.length };
}

const digits = (value: number): string => value.toPrecision(3);

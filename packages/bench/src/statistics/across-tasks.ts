import { createRandom } from '@distilljs/core';
import { mean, quantileSorted } from 'simple-statistics';
import { holmAdjusted } from './holm.js';
import type { Estimate, TaskMethod, TaskPair, TaskScores, TaskStatistics } from './task-data.js';
import { meanRanks, wilcoxonP } from './wilcoxon.js';

/** Means closer than this count as equal: accuracies are counts over at most millions of images. */
const EQUAL = 1e-12;
/** Draws of the bootstrap over tasks. */
const DRAWS = 1000;

/** Accuracies by method and task. */
interface Table {
  /** Mean accuracy over seeds. */
  readonly means: readonly (readonly number[])[];
  /** Accuracy of every training. */
  readonly all: readonly (readonly (readonly number[])[])[];
}

/**
 * Compares the methods common to all tasks (pairs of networks, datasets) over these tasks. A task counts once, however many seeds
 * it has. Intervals are 95 % percentile intervals of a bootstrap over tasks: they estimate the spread over other tasks of this kind,
 * and are too narrow with few tasks. The form follows TabArena (Erickson et al. 2025).
 *
 * @param tasks at least one method each; methods that some task does not rank are left out and named
 * @param seed of the bootstrap
 */
export function acrossTasks(tasks: readonly TaskScores[], seed = 0): TaskStatistics {
  const { methods, omitted } = commonMethods(tasks);
  const all = methods.map((method) => tasks.map((task) => accuraciesOf(task, method)));
  const table: Table = { all, means: all.map((byTask) => byTask.map((values) => mean([...values]))) };
  const [every, ...draws] = [tasks.map((_, task) => task), ...bootstrapDraws(tasks.length, seed)];
  const estimate: Estimator = (figure) => ({
    value: figure(every),
    ci95: intervalOf(draws.map(figure)),
  });
  // Computed once per draw: each rating serves all methods.
  const ranks = tasks.map((_, task) => ranksIn(table, task));
  const ratings = new Map([every, ...draws].map((chosen) => [chosen, eloRatings(table, chosen)]));

  const found = methods.map((method, at): TaskMethod => {
    const rivals = methods.flatMap((_, other) => (other === at ? [] : [outcomes(table, at, other)]));
    const total = (what: keyof Outcomes): number => rivals.reduce((sum, rival) => sum + rival[what], 0);
    return {
      method,
      mean: mean([...(table.means[at] ?? [])]),
      meanRank: estimate((chosen) => mean(chosen.map((task) => ranks[task]?.[at] ?? 0))),
      elo: estimate((chosen) => ratings.get(chosen)?.[at] ?? 0),
      wins: total('wins'),
      ties: total('ties'),
      losses: total('losses'),
    };
  });
  const sorted = found.toSorted((a, b) => a.meanRank.value - b.meanRank.value || b.mean - a.mean);
  const order = sorted.map(({ method }) => methods.indexOf(method));
  const pairs = order.flatMap((first, at) =>
    order.slice(at + 1).map((second) => pairOf(table, methods, first, second, estimate)),
  );
  const tested = pairs.flatMap(({ p }) => p ?? []);
  const corrected = holmAdjusted(tested);
  let next = 0;
  return {
    tasks: tasks.map(({ task }) => task),
    methods: sorted,
    pairs: pairs.map((pair) => ({
      ...pair,
      correctedP: pair.p === null ? null : (corrected[next++] ?? null),
    })),
    omitted,
  };
}

/** Estimates a figure over all tasks, with its bootstrap interval. */
type Estimator = (figure: (chosen: readonly number[]) => number) => Estimate;

const accuraciesOf = ({ methods }: TaskScores, name: string): readonly number[] =>
  Object.values(methods.find(({ method }) => method === name)?.accuracies ?? {});

function commonMethods(tasks: readonly TaskScores[]): Pick<TaskStatistics, 'omitted'> & {
  readonly methods: readonly string[];
} {
  const names = [...new Set(tasks.flatMap(({ methods }) => methods.map(({ method }) => method)))];
  const missing = names.map((name) => ({
    name,
    without: tasks.filter((task) => accuraciesOf(task, name).length === 0).map(({ task }) => task),
  }));
  return {
    methods: missing.filter(({ without }) => without.length === 0).map(({ name }) => name),
    omitted: missing.flatMap(({ name, without }) =>
      without.length === 0
        ? []
        : [`Ranks and pairs over all tasks leave out ${name}: not ranked in ${without.join(', ')}.`],
    ),
  };
}

/** Draws of tasks with replacement; none for a single task. */
function bootstrapDraws(tasks: number, seed: number): readonly (readonly number[])[] {
  if (tasks < 2) return [];
  const random = createRandom(seed).fork('bootstrap over tasks');
  return Array.from({ length: DRAWS }, () => Array.from({ length: tasks }, () => random.integer(tasks)));
}

function intervalOf(values: readonly number[]): Estimate['ci95'] {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return [quantileSorted(sorted, 0.025), quantileSorted(sorted, 0.975)];
}

/** Ranks of the methods in a task, 1 for the best; equal means share their mean rank. */
const ranksIn = ({ means }: Table, task: number): readonly number[] =>
  meanRanks(means.map((byTask) => Math.round((byTask[task] ?? 0) / EQUAL)));

interface Outcomes {
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

function outcomes({ means }: Table, first: number, second: number): Outcomes {
  const signs = (means[first] ?? []).map((value, task) => {
    const difference = value - (means[second]?.[task] ?? 0);
    return Math.abs(difference) <= EQUAL ? 0 : Math.sign(difference);
  });
  const count = (sign: number): number => signs.filter((found) => found === sign).length;
  return { wins: count(1), ties: count(0), losses: count(-1) };
}

function pairOf(
  table: Table,
  methods: readonly string[],
  first: number,
  second: number,
  estimate: Estimator,
): Omit<TaskPair, 'correctedP'> {
  const [ours = [], theirs = []] = [table.means[first], table.means[second]];
  const differences = ours.map((value, task) => {
    const difference = value - (theirs[task] ?? 0);
    return Math.abs(difference) <= EQUAL ? 0 : difference;
  });
  const better = differences.map((_, task) =>
    chanceToBeat(table.all[first]?.[task] ?? [], table.all[second]?.[task] ?? []),
  );
  return {
    first: methods[first] ?? '',
    second: methods[second] ?? '',
    difference: estimate((chosen) => mean(chosen.map((task) => differences[task] ?? 0))),
    ...outcomes(table, first, second),
    improvement: estimate((chosen) => mean(chosen.map((task) => better[task] ?? 0))),
    // Rounded, so that differences of equal size share their rank.
    p: wilcoxonP(differences.map((difference) => Math.round(difference / EQUAL))),
  };
}

/** Share of all pairs of trainings in which the first is better; an equal one counts as half (Mann and Whitney's U). */
const chanceToBeat = (first: readonly number[], second: readonly number[]): number =>
  mean(first.flatMap((a) => second.map((b) => (Math.abs(a - b) <= EQUAL ? 0.5 : a > b ? 1 : 0))));

/** Passes of the fit; after them, ratings move by less than a hundredth of a point. */
const PASSES = 100;

/**
 * Elo ratings of a Bradley–Terry model, `P(i beats j) = s_i / (s_i + s_j)`: `1000 + 400 log10 s` with the geometric mean of `s` at 1.
 * Each task is a game between every pair; a tie is half a win. One extra tied game between every pair keeps the rating of a method
 * that always wins finite. Fitted by minorization–maximization (Hunter 2004): `s_i ← w_i / Σ_j n_ij / (s_i + s_j)`.
 */
function eloRatings({ means }: Table, tasks: readonly number[]): readonly number[] {
  const games = tasks.length + 1;
  const wins = means.map((ours, at) =>
    means.reduce((sum, theirs, other) => {
      if (other === at) return sum;
      const won = tasks.reduce((count, task) => {
        const difference = (ours[task] ?? 0) - (theirs[task] ?? 0);
        return count + (Math.abs(difference) <= EQUAL ? 0.5 : difference > 0 ? 1 : 0);
      }, 0);
      return sum + won + 0.5;
    }, 0),
  );
  let strengths = means.map(() => 1);
  for (let pass = 0; pass < PASSES && means.length > 1; pass++) {
    const next = strengths.map((own, at) => {
      const expected = strengths.reduce(
        (sum, other, index) => (index === at ? sum : sum + games / (own + other)),
        0,
      );
      return (wins[at] ?? 0) / expected;
    });
    const centre = Math.exp(mean(next.map(Math.log)));
    strengths = next.map((strength) => strength / centre);
  }
  return strengths.map((strength) => 1000 + 400 * Math.log10(strength));
}

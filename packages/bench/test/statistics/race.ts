import { createRandom } from '@distilljs/core';
import type { Random } from '@distilljs/core';
import { replayRace } from '../../src/statistics/index.js';

/** How simulated races vary; accuracies and deviations are in points. */
export interface RaceSetting {
  readonly name: string;
  /** True accuracy of each method. */
  readonly means: readonly number[];
  /** Deviation over seeds of each method, beside what a seed does to all of them. */
  readonly deviations: readonly number[];
  /** Deviation of what a seed does to all methods. */
  readonly common?: number;
  /** Accuracies are multiples of one over it. */
  readonly images?: number;
  /** Degrees of freedom of Student's t in place of the normal distribution: heavy tails. */
  readonly tails?: number;
}

/** Shares of simulated races, but for `trainings`. */
export interface RaceErrors {
  /** One of the truly best methods was dropped. */
  readonly bestDropped: number;
  /** A method was named the winner that is not better than every other. */
  readonly wrongWinner: number;
  readonly rightWinner: number;
  /** Trainings, as a share of all methods with all seeds. */
  readonly trainings: number;
}

export function raceErrors(setting: RaceSetting, races: number, most = 20, seed = 1): RaceErrors {
  const { means, images = 5000 } = setting;
  const best = Math.max(...means);
  const isBest = means.map((mean) => mean === best);
  const isTie = isBest.filter(Boolean).length > 1;
  const seeds = Array.from({ length: most }, (_, at) => at);
  const count = { bestDropped: 0, wrongWinner: 0, rightWinner: 0, trainings: 0 };
  for (let race = 0; race < races; race++) {
    const racers = simulated(setting, most, createRandom(seed).fork(race));
    const { left, dropped, seeds: used } = replayRace(racers, seeds, { level: 0.05, resolution: 1 / images });
    const [winner] = left.length === 1 ? left : [];
    if (dropped.some(({ method }) => isBest[Number(method)] === true)) count.bestDropped += 1;
    if (winner !== undefined && (isTie || isBest[Number(winner)] !== true)) count.wrongWinner += 1;
    if (winner !== undefined && !isTie && isBest[Number(winner)] === true) count.rightWinner += 1;
    const trained = dropped.reduce((sum, each) => sum + each.seeds, left.length * used.length);
    count.trainings += trained / (means.length * most);
  }
  return {
    bestDropped: count.bestDropped / races,
    wrongWinner: count.wrongWinner / races,
    rightWinner: count.rightWinner / races,
    trainings: count.trainings / races,
  };
}

function simulated(
  { means, deviations, common = 0.5, images = 5000, tails }: RaceSetting,
  most: number,
  random: Random,
): Parameters<typeof replayRace>[0] {
  const shared = Array.from({ length: most }, () => common * random.normal());
  return means.map((mean, at) => ({
    method: String(at),
    accuracies: new Map(
      shared.map((value, seed) => {
        const points = mean + value + (deviations[at] ?? 0) * drawn(random, tails);
        return [seed, Math.round((points / 100) * images) / images] as const;
      }),
    ),
  }));
}

/** Of variance 1. */
function drawn(random: Random, tails: number | undefined): number {
  if (tails === undefined) return random.normal();
  let squares = 0;
  for (let at = 0; at < tails; at++) squares += random.normal() ** 2;
  return (random.normal() / Math.sqrt(squares / tails)) * Math.sqrt((tails - 2) / tails);
}

const same = (value: number, times: number): number[] => new Array<number>(times).fill(value);

export const RACES: readonly RaceSetting[] = [
  { name: '2 equally good', means: same(70, 2), deviations: same(0.5, 2) },
  { name: '7 equally good', means: same(70, 7), deviations: same(0.5, 7) },
  {
    name: '7 equally good, unequal deviations',
    means: same(70, 7),
    deviations: [0.1, 0.2, 0.4, 0.6, 0.8, 1, 2],
  },
  { name: '7 equally good, heavy tails', means: same(70, 7), deviations: same(0.5, 7), tails: 3 },
  {
    name: '7 equally good, 100 validation images',
    means: same(70, 7),
    deviations: same(0.5, 7),
    images: 100,
  },
  { name: '2 best of 7', means: [71, 71, 70, 70, 69, 69, 66], deviations: same(0.5, 7) },
  { name: 'one best by 0.2 points', means: [70.2, 70, 70, 69, 69, 68, 66], deviations: same(0.5, 7) },
  {
    name: 'one best by 0.5 points, its deviation large',
    means: [70.5, 70, 70, 69, 69, 68, 66],
    deviations: [2, 0.3, 0.3, 0.5, 0.5, 1, 1],
  },
  { name: 'one best by 1 point', means: [71, 70, 70, 69, 69, 68, 66], deviations: same(0.5, 7) },
  {
    name: 'one best of 15 by 1 point',
    means: [71, ...same(70, 7), ...same(68, 7)],
    deviations: same(0.5, 15),
  },
];

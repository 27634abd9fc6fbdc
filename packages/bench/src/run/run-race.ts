import { existsSync } from 'node:fs';
import { DistillError } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { MethodResult } from '../report/index.js';
import type { StudentCell } from './cells.js';
import { readRace, readRaceFile, writeRaceFile } from './race.js';
import type { Race, RaceFile } from './race.js';
import type { RunFolder } from './run-folder.js';

export interface RaceOptions {
  readonly folder: RunFolder;
  /** A configuration with `race`. */
  readonly config: RunConfig;
  readonly validationImages: number;
  readonly say: (text: string) => void;
  /** Trainings at a time. */
  readonly jobs: number;
  /** Counts the time so far, e.g. for the teacher. */
  readonly clock: RaceClock;
  /**
   * Trains cells, and calls `ended` after each.
   *
   * @returns false where the race cannot go on: it was stopped, or a training failed
   */
  readonly train: (cells: readonly StudentCell[], ended: CellEnded) => Promise<boolean>;
}

/** @param diverged the training that ended, if it diverged */
export type CellEnded = (diverged?: Pick<StudentCell, 'method' | 'seed'>) => Promise<void>;

/** Counts the seconds of a run over all its processes. A killed process loses the time since its last finished training. */
export interface RaceClock {
  seconds(): number;
  save(news?: {
    readonly diverged?: Parameters<CellEnded>[0];
    readonly ended?: RaceFile['ended'];
  }): Promise<void>;
}

/** Starts the clock. @throws DistillError code `data` for a damaged file */
export async function raceClock(folder: RunFolder): Promise<RaceClock> {
  let kept = await readRaceFile(folder);
  const before = kept.seconds;
  const begun = performance.now();
  const seconds = (): number => before + (performance.now() - begun) / 1000;
  let saving = Promise.resolve();
  return {
    seconds,
    // Saves run one after the other, because trainings may end together.
    save: ({ diverged: found, ended = kept.ended } = {}) =>
      (saving = saving.then(async () => {
        const more = found === undefined ? [] : [{ method: found.method, seed: found.seed }];
        kept = { ...kept, ended, diverged: [...kept.diverged, ...more], seconds: seconds() };
        await writeRaceFile(folder, kept);
      })),
  };
}

/** Largest share of the budget reserved for fresh seeds. */
const MOST_KEPT = 1 / 3;

/**
 * Races the methods of a run: it trains one seed of all remaining methods, drops those that can no longer win, and repeats; then it trains
 * fresh seeds of the winner and its strongest rival. With a budget, no step starts that would probably exceed it.
 *
 * @returns whether it finished; false where it was stopped, or a training failed
 * @throws DistillError code `config` where the teacher used up the budget
 */
export async function runRace(options: RaceOptions): Promise<boolean> {
  const { folder, config, validationImages, say, clock, train } = options;
  const budget = config.race?.budget ?? Infinity;
  const pace = paceOf(options);
  await clock.save({ ended: null });
  let told = 0;
  for (;;) {
    const race = await readRace(folder, config, validationImages);
    for (const line of newsOf(race, told)) say(line);
    told = race.dropped.length;
    const cells = nextCells(race);
    if (cells.length === 0) return true;
    const kept =
      race.next === undefined
        ? 0
        : Math.min(MOST_KEPT * budget, pace.seconds(finalCells(race, config), race));
    if (clock.seconds() + pace.seconds(cells, race) + kept > budget) {
      if (race.results.length === 0) throw overBudget(budget, clock.seconds());
      say('Another seed would exceed the budget.');
      await clock.save({ ended: 'budget' });
      return true;
    }
    const goesOn = await pace.measured(cells, () => train(cells, (diverged) => clock.save({ diverged })));
    if (!goesOn) return false;
  }
}

/** The trainings of the next seed: of all remaining methods, or of the winner and its rival. */
function nextCells({ next, confirmation }: Race): readonly StudentCell[] {
  if (next !== undefined) return next.methods.map((method) => ({ kind: 'student', method, seed: next.seed }));
  const [first] = confirmation?.missing ?? [];
  return (confirmation?.missing ?? []).filter(({ seed }) => seed === first?.seed);
}

/** The fresh-seed trainings of any two remaining methods, to estimate their time. */
function finalCells({ left }: Race, { race }: RunConfig): readonly StudentCell[] {
  return Array.from({ length: race?.confirm ?? 0 }, (_, seed) =>
    left.slice(0, 2).map((method): StudentCell => ({ kind: 'student', method, seed })),
  ).flat();
}

interface Pace {
  /** Estimated wall-clock seconds; 0 while nothing is known. */
  seconds(cells: readonly StudentCell[], race: Race): number;
  measured<T>(cells: readonly StudentCell[], work: () => Promise<T>): Promise<T>;
}

/** Estimates the time of trainings from earlier ones: their own seconds, and the overhead on the clock. */
function paceOf({ jobs, clock, folder, config, validationImages }: RaceOptions): Pace {
  let [byClock, trained] = [0, 0];
  return {
    seconds(cells, { results }) {
      const typical = meanOf(results.map(secondsOf));
      const own = cells.reduce(
        (sum, { method }) =>
          sum + (meanOf(results.filter((each) => each.method === method).map(secondsOf)) ?? typical ?? 0),
        0,
      );
      return own * (trained > 0 ? byClock / trained : 1 / jobs);
    },
    async measured(cells, work) {
      const before = clock.seconds();
      const isFresh = cells.every(({ method, seed }) => !existsSync(folder.student(method, seed).metrics));
      const done = await work();
      const { results } = await readRace(folder, config, validationImages);
      const made = cells.flatMap(({ method, seed }) =>
        results.filter((each) => each.method === method && each.seed === seed),
      );
      // Trainings that began earlier, or that diverged, would compare the clock with other seconds.
      if (!isFresh || made.length < cells.length) return done;
      byClock += clock.seconds() - before;
      trained += made.reduce((sum, each) => sum + secondsOf(each), 0);
      return done;
    },
  };
}

const secondsOf = ({ epochs }: MethodResult): number => epochs.reduce((sum, { seconds }) => sum + seconds, 0);

const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

function newsOf({ dropped, left, next, seeds }: Race, told: number): readonly string[] {
  const lines = dropped
    .slice(told)
    .map(({ method, by, difference, seeds: after }) =>
      by === null
        ? `${method} diverged and is out of the race.`
        : `${method} is out of the race after ${after} seeds: ${by} is ${(100 * (difference ?? 0)).toFixed(2)} points better on the validation images.`,
    );
  const isNew = dropped.length > told || told === 0;
  if (next === undefined && isNew && left.length === 1 && dropped.length > told)
    lines.push(`${left[0] ?? ''} has won after ${seeds.length} seeds; fresh seeds will test this.`);
  return lines;
}

function overBudget(budget: number, spent: number): DistillError {
  return new DistillError({
    code: 'config',
    where: 'race.budget',
    expected: 'more than the teacher takes',
    got: `${budget} s, of which ${Math.round(spent)} s are spent`,
    hint: 'The teacher is kept: repeat the command with --resume and a larger --budget.',
  });
}

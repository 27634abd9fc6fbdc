import { DistillError } from '@distilljs/core';
import { z } from 'zod';
import { confirmSeeds, raceSeeds } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { MethodResult, RaceConfirmation, RaceReport } from '../report/index.js';
import { comparePaired, replayRace } from '../statistics/index.js';
import type { Racer, RaceState } from '../statistics/index.js';
import type { StudentCell } from './cells.js';
import { findMethod } from './method-catalog.js';
import type { RunFolder } from './run-folder.js';
import { readMethodResult } from './stored.js';
import { inForm, readJson, writeJson } from './write-json.js';

/*
 * A race chooses methods by validation accuracy alone. Its outcome is measured with fresh seeds on the test images, which took no part
 * in the choice. The remaining methods are computed anew from the results in the run folder each time.
 */

/** Version of {@link RaceFile} as a file. */
const RACE_SCHEMA = 1;

/** `race.json`: facts about a race that the results do not contain. */
export interface RaceFile {
  readonly schema: typeof RACE_SCHEMA;
  /** Seconds that processes worked on the run, the teacher's training included. */
  readonly seconds: number;
  readonly diverged: readonly { readonly method: string; readonly seed: number }[];
  /** Why it ended early; null where it did not. */
  readonly ended: 'budget' | null;
}

const raceFile = z.object({
  schema: z.literal(RACE_SCHEMA),
  seconds: z.number().min(0),
  diverged: z.array(z.object({ method: z.string(), seed: z.number().int() })),
  ended: z.literal('budget').nullable(),
});

/** @throws DistillError code `data` for a file that is damaged */
export async function readRaceFile({ race: file }: RunFolder): Promise<RaceFile> {
  const hint = 'Remove the file: the race then starts its clock again.';
  const found = await readJson(file, hint);
  if (found === undefined) return { schema: RACE_SCHEMA, seconds: 0, diverged: [], ended: null };
  return inForm(file, raceFile, found, hint);
}

export async function writeRaceFile(
  { race: file }: RunFolder,
  content: Omit<RaceFile, 'schema'>,
): Promise<void> {
  await writeJson(file, { schema: RACE_SCHEMA, ...content } satisfies RaceFile);
}

/** The state of a race. */
export interface Race extends RaceState {
  readonly results: readonly MethodResult[];
  readonly racers: readonly Racer[];
  readonly file: RaceFile;
  /** Undefined while several methods remain, and where there is no rival. */
  readonly confirmation: (RaceConfirmation & { readonly missing: readonly StudentCell[] }) | undefined;
}

/**
 * Reads the state of a race.
 *
 * @param config a configuration with `race`
 * @param validationImages number of validation images; 0 where it is not known
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readRace(
  folder: RunFolder,
  config: RunConfig,
  validationImages: number,
): Promise<Race> {
  const file = await readRaceFile(folder);
  const results = new Map<string, ReadonlyMap<number, MethodResult>>();
  for (const { as } of config.methods)
    results.set(as, await resultsOf(folder, as, [...raceSeeds(config), ...confirmSeeds(config)]));
  const racers = config.methods.map(({ as }): Racer => {
    const of = [...(results.get(as) ?? [])];
    return {
      method: as,
      accuracies: new Map(of.map(([seed, result]) => [seed, validationAccuracy(result, config)])),
      diverged: file.diverged.filter(({ method }) => method === as).map(({ seed }) => seed),
    };
  });
  const state = replayRace(racers, raceSeeds(config), {
    level: config.race?.level ?? 0.05,
    ...(validationImages > 0 && { resolution: 1 / validationImages }),
  });
  return {
    ...state,
    file,
    racers,
    results: [...results.values()].flatMap((of) => [...of.values()]),
    confirmation: confirmationOf(state, racers, results, config),
  };
}

async function resultsOf(
  folder: RunFolder,
  method: string,
  seeds: readonly number[],
): Promise<ReadonlyMap<number, MethodResult>> {
  const found = new Map<number, MethodResult>();
  for (const seed of seeds) {
    const result = await readMethodResult(folder.student(method, seed), method, seed);
    if (result !== undefined) found.set(seed, result);
  }
  return found;
}

/** Validation accuracy after the last epoch; for a cohort, the mean over the networks that count. */
function validationAccuracy({ epochs, cohort }: MethodResult, { student }: RunConfig): number {
  const last = epochs.findLast(({ validation }) => validation.length > 0)?.validation ?? [];
  const networks = cohort?.networks;
  const counted = last.filter((_, at) => networks === undefined || networks[at]?.model === student.model);
  return counted.reduce((sum, { accuracy }) => sum + accuracy, 0) / counted.length;
}

/** The winner against the last method that was dropped; of several dropped together, the most accurate. */
function confirmationOf(
  { left: [winner, second], dropped }: RaceState,
  racers: readonly Racer[],
  results: ReadonlyMap<string, ReadonlyMap<number, MethodResult>>,
  config: RunConfig,
): Race['confirmation'] {
  const rivals = dropped.filter(({ by }) => by !== null);
  const meanOf = (name: string): number => {
    const values = [...(racers.find(({ method }) => method === name)?.accuracies.values() ?? [])];
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const [rival] = rivals.toSorted((a, b) => b.seeds - a.seeds || meanOf(b.method) - meanOf(a.method));
  if (winner === undefined || second !== undefined || rival === undefined) return undefined;
  const seeds = confirmSeeds(config);
  const tested = (name: string): ReadonlyMap<number, number> =>
    new Map(
      seeds.flatMap((seed) => {
        const result = results.get(name)?.get(seed);
        return result === undefined ? [] : [[seed, result.testAccuracyLast]];
      }),
    );
  const isDiverged = (method: string, seed: number): boolean =>
    racers.find((each) => each.method === method)?.diverged?.includes(seed) === true;
  return {
    winner,
    rival: rival.method,
    seeds,
    comparison: comparePaired(tested(winner), tested(rival.method)),
    missing: seeds.flatMap((seed) =>
      [winner, rival.method]
        .filter((method) => !tested(method).has(seed) && !isDiverged(method, seed))
        .map((method): StudentCell => ({ kind: 'student', method, seed })),
    ),
  };
}

/** The race in a report; null for a run that is not a race. */
export async function raceReport(
  folder: RunFolder,
  config: RunConfig,
  validationImages: number,
): Promise<RaceReport | null> {
  if (config.race === undefined) return null;
  const { left, dropped, seeds, next, file, results, confirmation, racers } = await readRace(
    folder,
    config,
    validationImages,
  );
  const { budget, level, most } = config.race;
  const methods = racers.map(({ method, accuracies }) => {
    const values = raceSeeds(config).flatMap((seed) => accuracies.get(seed) ?? []);
    const sum = values.reduce((total, value) => total + value, 0);
    return {
      method,
      seeds: values.length,
      validationAccuracy: values.length === 0 ? null : sum / values.length,
    };
  });
  return {
    ...{ level, left, dropped, seeds, most, methods },
    end:
      next !== undefined
        ? (file.ended ?? 'unfinished')
        : left.length === 1
          ? 'winner'
          : left.length === 0
            ? 'none'
            : 'tie',
    confirmation: confirmationReport(confirmation),
    validationImages: validationImages > 0 ? validationImages : null,
    trainings: results.length,
    fullTrainings: config.methods.length * seeds.length,
    seconds: file.seconds,
    budget: budget ?? null,
  };
}

function confirmationReport(found: Race['confirmation']): RaceConfirmation | null {
  if (found === undefined) return null;
  const { winner, rival, seeds, comparison } = found;
  return { winner, rival, seeds, comparison };
}

/** @throws DistillError code `config` for methods that no race can compare */
export function expectRaceable({ race, methods }: Pick<RunConfig, 'race' | 'methods'>): void {
  if (race === undefined) return;
  const own = methods.filter(
    ({ name, from, given }) => from === undefined && given !== true && findMethod(name)?.ownNetwork === true,
  );
  if (own.length === 0) return;
  throw new DistillError({
    code: 'config',
    where: 'race',
    expected: 'methods that train the configured student',
    got: own.map(({ as }) => as).join(', '),
    hint: 'They train their own network, whose accuracy is not comparable. Leave them out, or run them separately.',
  });
}

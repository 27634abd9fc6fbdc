import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { allSeeds, confirmSeeds, raceSeeds, resolveConfig, resolveStudy } from '../../src/config/index.js';
import type { RunConfig } from '../../src/config/index.js';
import { findings } from '../../src/report/index.js';
import type { MethodResult } from '../../src/report/index.js';
import { cellName } from '../../src/run/cells.js';
import type { StudentCell } from '../../src/run/cells.js';
import { expectRaceable, raceReport, readRace } from '../../src/run/race.js';
import { runConfig } from '../../src/run/run-config.js';
import { runFolder } from '../../src/run/run-folder.js';
import type { RunFolder } from '../../src/run/run-folder.js';
import { raceClock, runRace } from '../../src/run/run-race.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const root = mkdtempSync(join(tmpdir(), 'race-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const IMAGES = 1000;
/** Validation accuracy of a method with a seed. */
type Truth = (method: string, seed: number) => number;
/** `best` is about 2 points above `near`, 20 above `bad`; a seed moves all of them, and each by itself. */
const truth: Truth = (method, seed) => {
  const level = { best: 0.74, near: 0.72, bad: 0.54 }[method] ?? 0;
  const own = { best: 3, near: 5, bad: 7 }[method] ?? 0;
  return level + 0.001 * ((seed * 7) % 11) + 0.004 * ((seed * own) % 4);
};

const raced = (race: object = {}): RunConfig =>
  tinyConfig({ seeds: [0], race, methods: ['best', 'near', 'bad'].map((as) => ({ name: 'kd', as })) });

/** The result of a training that took `seconds`; its test accuracy is a point below. */
function write(folder: RunFolder, { method, seed }: StudentCell, accuracy: number, seconds: number): void {
  const place = folder.student(method, seed);
  const epoch = {
    ...{ phase: 'train', epoch: 0, globalEpoch: 0, steps: 1, learningRate: {}, terms: {}, seconds },
    ...{ trainAccuracy: [1], validation: [{ accuracy, top5: 1, loss: 1, images: IMAGES }] },
  };
  const result: MethodResult = {
    ...{
      schema: 1,
      method,
      options: {},
      seed,
      testAccuracyLast: accuracy - 0.01,
      testAccuracyBest: accuracy,
    },
    ...{ epochs: [epoch], secondsPerEpoch: seconds, studentParameters: 1, studentMacs: 1 },
    ...{ extraTrainParameters: 0, warnings: [] },
  };
  mkdirSync(place.root, { recursive: true });
  writeFileSync(place.result, JSON.stringify(result));
}

interface Simulated {
  readonly trained: string[];
  readonly said: string[];
}

/** Races with trainings that are made up. @param stopAfter trainings, then it is stopped */
async function raceIn(
  folder: RunFolder,
  config: RunConfig,
  { stopAfter = Infinity, seconds = 0.001, diverges = '', of = truth } = {},
): Promise<Simulated & { readonly isOver: boolean }> {
  const [trained, said]: [string[], string[]] = [[], []];
  const isOver = await runRace({
    ...{ folder, config, validationImages: IMAGES, jobs: 1, say: (text) => void said.push(text) },
    clock: await raceClock(folder),
    async train(cells, ended) {
      for (const cell of cells) {
        if (existsSync(folder.student(cell.method, cell.seed).result)) continue;
        if (trained.length >= stopAfter) return false;
        trained.push(cellName(cell));
        const isDiverging = cellName(cell) === diverges;
        if (!isDiverging) write(folder, cell, of(cell.method, cell.seed), seconds);
        await ended(isDiverging ? cell : undefined);
      }
      return true;
    },
  });
  return { trained, said, isOver };
}

const folderOf = (name: string): RunFolder => runFolder(join(root, name));

describe('a race', () => {
  const config = raced({ most: 12, confirm: 3 });

  it('gives seeds to those that can still win, and fresh ones to the winner and its rival', async () => {
    const folder = folderOf('whole');
    const { trained, said, isOver } = await raceIn(folder, config);
    expect(isOver).toBe(true);
    const seedsOf = (method: string): number[] =>
      trained.filter((name) => name.startsWith(`${method}/`)).map((name) => Number(name.split('/')[1]));
    const report = await raceReport(folder, config, IMAGES);
    expect(report).toMatchObject({ end: 'winner', left: ['best'], level: 0.05, validationImages: IMAGES });
    const race = report?.seeds ?? [];
    expect(race.length).toBeGreaterThanOrEqual(4);
    expect(race.length).toBeLessThan(12);
    const [bad, near] = ['bad', 'near'].map((name) => report?.dropped.find(({ method }) => method === name));
    expect(bad?.seeds).toBeLessThan(near?.seeds ?? 0);
    expect(seedsOf('bad')).toEqual(race.slice(0, bad?.seeds));
    // Seeds 12 to 14 are fresh: no one was chosen with them.
    expect(seedsOf('best')).toEqual([...race, 12, 13, 14]);
    expect(seedsOf('near')).toEqual([...race, 12, 13, 14]);
    expect(report?.confirmation).toMatchObject({
      winner: 'best',
      rival: 'near',
      comparison: { seeds: [12, 13, 14] },
    });
    expect(report?.trainings).toBe(trained.length);
    expect(said.join('\n')).toMatch(/bad is out of the race after \d seeds: best is \d+\.\d\d points better/);
  });

  it.each([1, 2, 5, 8, 13, 17])(
    'comes to the same when it is stopped after %i trainings and resumed',
    async (stopAfter) => {
      const folder = folderOf(`stopped-${stopAfter}`);
      const first = await raceIn(folder, config, { stopAfter });
      expect(first.isOver).toBe(false);
      const second = await raceIn(folder, config);
      expect(second.isOver).toBe(true);
      const whole = await raceReport(folderOf('whole'), config, IMAGES);
      const { seconds, ...report } = (await raceReport(folder, config, IMAGES)) ?? { seconds: 0 };
      expect(seconds).toBeGreaterThan(0);
      expect(report).toEqual({ ...whole, seconds: undefined });
      expect([...first.trained, ...second.trained]).toHaveLength(whole?.trainings ?? 0);
      // Finished work is not done again.
      expect(await raceIn(folder, config)).toMatchObject({ trained: [], isOver: true });
    },
  );

  it('is a tie once all seeds are used', async () => {
    const folder = folderOf('tie');
    const even: Truth = (method, seed) =>
      truth('near', seed) + (method === 'best' ? 0.004 * (seed % 2) - 0.002 : 0);
    const { trained } = await raceIn(folder, config, {
      of: (method, seed) => (method === 'bad' ? 0.5 + 0.01 * (seed % 3) : even(method, seed)),
    });
    const report = await raceReport(folder, config, IMAGES);
    expect(report).toMatchObject({ end: 'tie', left: ['best', 'near'], confirmation: null });
    expect(trained.filter((name) => /1[2-9]$/.test(name))).toEqual([]);
  });

  it('drops what diverges, also after a resume', async () => {
    const folder = folderOf('diverged');
    await raceIn(folder, config, { diverges: 'near/1', stopAfter: 5 });
    await raceIn(folder, config);
    const report = await raceReport(folder, config, IMAGES);
    expect(report?.dropped[0]).toMatchObject({ method: 'near', seeds: 2, by: null });
    expect(report).toMatchObject({ left: ['best'], confirmation: { rival: 'bad' } });
  });

  it('starts no seed that its budget has no time for, and continues with a larger budget', async () => {
    const folder = folderOf('budget');
    // Trainings said to take 10 s each: three take 30 s of 100 s, and fresh seeds are kept a third.
    const small = raced({ most: 12, confirm: 3, budget: 100 });
    const { trained, said, isOver } = await raceIn(folder, small, { seconds: 10, stopAfter: 3 });
    expect([trained.length, isOver]).toEqual([3, false]);
    const second = await raceIn(folder, {
      ...small,
      race: { ...small.race, budget: 40 } as RunConfig['race'],
    });
    expect([...said, ...second.said]).toContain('Another seed would exceed the budget.');
    expect(second).toMatchObject({ trained: [], isOver: true });
    expect(await raceReport(folder, small, IMAGES)).toMatchObject({
      end: 'budget',
      left: ['best', 'near', 'bad'],
      budget: 100,
    });
    const third = await raceIn(folder, raced({ most: 12, confirm: 3, budget: '10h' }));
    expect(third.isOver).toBe(true);
    expect(await raceReport(folder, config, IMAGES)).toMatchObject({ end: 'winner' });
  });

  it('says when the teacher took the whole budget', async () => {
    const folder = folderOf('poor');
    mkdirSync(folder.root, { recursive: true });
    writeFileSync(folder.race, JSON.stringify({ schema: 1, seconds: 90, diverged: [], ended: null }));
    expect(await refusal(raceIn(folder, raced({ budget: 60 })))).toMatch(
      /more than the teacher takes.*--budget/s,
    );
    for (const [text, got] of [
      ['{"schema": 1}', /race\.json.*the file as it was written, got seconds: /],
      ['[]', /race\.json.*the file as it was written, got content: /],
    ] as const) {
      writeFileSync(folder.race, text);
      expect(await refusal(readRace(folder, config, IMAGES))).toMatch(got);
    }
  });

  it('looks at validation images alone', async () => {
    const folder = folderOf('validation');
    const report = await raceReport(folderOf('whole'), config, IMAGES);
    await raceIn(folder, config);
    for (const seed of report?.seeds ?? []) {
      const file = folder.student('bad', seed).result;
      if (!existsSync(file)) continue;
      const result = JSON.parse(readFileSync(file, 'utf8')) as MethodResult;
      writeFileSync(file, JSON.stringify({ ...result, testAccuracyLast: 1 }));
    }
    expect((await raceReport(folder, config, IMAGES))?.dropped).toEqual(report?.dropped);
  });
});

describe('a race in a configuration', () => {
  it('takes seeds on from those given, and fresh ones after them', () => {
    const config = tinyConfig({ seeds: [3, 1], race: { most: 4, confirm: 2, budget: '1h30m' } });
    expect(config.race).toEqual({ most: 4, confirm: 2, budget: 5400, level: 0.05 });
    expect([raceSeeds(config), confirmSeeds(config)]).toEqual([
      [3, 1, 4, 5],
      [6, 7],
    ]);
    // As it reads from config.json.
    expect(resolveConfig({ file: { name: 'config.json', text: JSON.stringify(config) } })).toEqual(config);
    expect(tinyConfig({ race: true }).race).toEqual({ most: 20, confirm: 5, level: 0.05 });
    expect(tinyConfig({ race: false }).race).toBeUndefined();
    expect(allSeeds(tinyConfig())).toEqual([0, 1]);
  });

  it.each([
    [{ race: { budget: '2 hours' } }, /race\.budget.*a duration such as 45m, 2h or 1h30m/],
    [{ race: { budget: 0 } }, /race\.budget/],
    [{ race: { most: 2 } }, /race\.most.*at least 3/],
    [{ race: { rounds: 2 } }, /rounds/],
    [{ race: true, methods: ['kd'] }, /at least two methods to race/],
    [{ race: true, seeds: [Number.MAX_SAFE_INTEGER] }, /seeds that a race can continue from/],
    [
      { race: true, tune: { kd: { temperature: [2, 4] } }, tuning: { seeds: [24] } },
      /a seed that the run does not use/,
    ],
  ])('is refused: %j', (changes, message) => {
    expect(() => tinyConfig(changes)).toThrow(message);
  });

  it('is refused in a study, and with methods that train another network', () => {
    const flags = [{ pairs: [{ teacher: 'plain8', student: 'plain8' }], race: true }];
    expect(() => resolveStudy({ preset: 'quick', flags })).toThrow(/race.*no such field with several runs/s);
    expect(() => {
      expectRaceable(tinyConfig({ race: true, methods: ['kd', 'kdexplainer'] }));
    }).toThrow(/methods that train the configured student.*kdexplainer/s);
  });
});

describe('a race of real trainings', { timeout: 300_000 }, () => {
  it('drops a method that does not learn, and is reported', async () => {
    // A loss that is next to nothing.
    const idle = { name: 'kd', as: 'idle', options: { ceWeight: 0, kdWeight: 1e-9 } };
    const config = tinyConfig({
      ...{ methods: ['student', idle], seeds: [0], epochs: 4, validationFraction: 0.4 },
      ...{ race: { most: 6, confirm: 2 }, optimizer: { learningRate: 0.1 } },
    });
    const log = keptLog();
    const out = join(root, 'real');
    const outcome = await runConfig({ config, out, existing: 'refuse', log });
    expect(outcome?.report.race, log.lines.join('\n')).toMatchObject({ end: 'winner', left: ['student'] });
    const { headline, verdicts } = findings(outcome?.report as NonNullable<typeof outcome>['report']);
    expect(headline).toMatch(
      /^student won the race, and has \d+\.\d\d % test accuracy on 2 fresh seeds, .* idle\.$/,
    );
    expect(verdicts.join(' ')).toMatch(/validation images, not on test images; 1 of 2 were dropped/);
    expect(readFileSync(outcome?.page ?? '', 'utf8')).toContain('The race');
    const resumed = await runConfig({ config, out, existing: 'resume', log: keptLog() });
    expect(resumed?.report.race?.dropped).toEqual(outcome?.report.race?.dropped);
    expect(
      await refusal(runConfig({ config: { ...config, race: undefined }, out, existing: 'resume', log })),
    ).toMatch(/another race/);
  });
});

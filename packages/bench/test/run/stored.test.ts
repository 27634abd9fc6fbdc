import {
  appendFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelStatistics, createNetwork, evaluate, loadModel } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRunData } from '../../src/run/datasets.js';
import { readStudy } from '../../src/run/matrix.js';
import { runConfig } from '../../src/run/run-config.js';
import type { ConfigOutcome } from '../../src/run/run-config.js';
import { rewriteReport } from '../../src/run/write-report.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const all = mkdtempSync(join(tmpdir(), 'stored-'));
const config = tinyConfig({ methods: ['student', 'kd'], seeds: [0, 1], epochs: 1, teacher: { epochs: 1 } });
const run = (root: string, existing: 'refuse' | 'resume' | 'overwrite', changes = {}): Promise<unknown> =>
  runConfig({ config: { ...config, ...changes }, out: root, existing, log: keptLog() });

let copies = 0;
/** A copy of the finished run, for one test to spoil. */
function copy(): string {
  const root = join(all, `copy-${copies++}`);
  cpSync(join(all, 'done'), root, { recursive: true });
  return root;
}

/** Paths and bytes of everything in a folder. */
const contents = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file, readFileSync(file).toString('base64')]),
  );

function edit(file: string, change: (value: Record<string, unknown>) => unknown): void {
  const value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(change(value)));
}

beforeAll(async () => {
  await run(join(all, 'done'), 'refuse');
});
afterAll(() => {
  rmSync(all, { recursive: true, force: true });
});

describe('a file of a run that is damaged is named', () => {
  it.each<readonly [string, string, (file: string) => void, RegExp]>([
    [
      'data.json',
      '{}',
      (file) => {
        writeFileSync(file, '{}');
      },
      /data\.json: .*train.* or remove it: .* records the images/,
    ],
    [
      'kd/0/result.json',
      'null',
      (file) => {
        writeFileSync(file, 'null');
      },
      /kd\/0\/result\.json/,
    ],
    [
      'kd/0/result.json',
      'an array',
      (file) => {
        writeFileSync(file, '[]');
      },
      /kd\/0\/result\.json/,
    ],
    [
      'kd/0/result.json',
      'cut off',
      (file) => {
        writeFileSync(file, '{"schema": 1, "meth');
      },
      /result\.json: expected JSON/,
    ],
    [
      'kd/0/result.json',
      'no accuracy',
      (file) => {
        edit(file, (value) => ({ ...value, testAccuracyLast: undefined }));
      },
      /testAccuracyLast/,
    ],
    [
      'kd/0/result.json',
      'an accuracy of 70',
      (file) => {
        edit(file, (value) => ({ ...value, testAccuracyLast: 70 }));
      },
      /testAccuracyLast/,
    ],
    [
      'environment.json',
      'engines that were refused, but no list',
      (file) => {
        edit(file, (value) => ({
          ...value,
          engine: { ...(value['engine'] as object), refused: { key0: 0 } },
        }));
      },
      /environment\.json: .*engine\.refused/,
    ],
    [
      'environment.json',
      'null',
      (file) => {
        writeFileSync(file, 'null');
      },
      /environment\.json: expected the file as it was written/,
    ],
    [
      'kd/0/result.json',
      'a cost without a time',
      (file) => {
        edit(file, (value) => ({
          ...value,
          cost: { modelBytes: 1, latency: [{ batch: 1, p50: 1, passes: 3 }] },
        }));
      },
      /cost\.latency\.0\.p95/,
    ],
    [
      'kd/0/result.json',
      'another schema',
      (file) => {
        edit(file, (value) => ({ ...value, schema: 99 }));
      },
      /schema/,
    ],
    [
      'teacher/result.json',
      'empty',
      (file) => {
        writeFileSync(file, '{}');
      },
      /teacher\/result\.json/,
    ],
  ])('%s: %s', async (file, _, spoil, message) => {
    const root = copy();
    spoil(join(root, file));
    const before = contents(root);
    expect(await refusal(rewriteReport(root))).toMatch(message);
    expect(await refusal(run(root, 'resume'))).toMatch(message);
    expect(contents(root)).toEqual(before);
  });

  it('a result that was copied over another seed’s or method’s', async () => {
    for (const [from, to] of [
      ['kd/0', 'kd/1'],
      ['student/0', 'kd/0'],
    ]) {
      const root = copy();
      cpSync(join(root, from ?? '', 'result.json'), join(root, to ?? '', 'result.json'));
      expect(await refusal(rewriteReport(root))).toMatch(
        /expected the result of kd with seed [01], got that of/,
      );
      expect(await refusal(run(root, 'resume'))).toMatch(/expected the result of kd with seed [01]/);
    }
  });

  it('a line of inspections.jsonl that is cut off', async () => {
    const root = copy();
    const file = join(root, 'kd/0/inspections.jsonl');
    writeFileSync(file, '{"phase":"train","epoch":0,"globalEpoch":0,"exhibits":[]}\n');
    await rewriteReport(root);
    appendFileSync(file, '{"phase":"tr');
    expect(await refusal(rewriteReport(root))).toMatch(/inspections\.jsonl:2: expected a line of JSON/);
  });
});

describe('a model that was changed after it was measured is found', () => {
  it.each(['teacher/model/weights.bin', 'teacher/model/model.json', 'kd/1/student/weights.bin'])(
    'one bit of %s',
    async (file) => {
      const root = copy();
      const bytes = readFileSync(join(root, file));
      const at = file.endsWith('.json') ? bytes.lastIndexOf('0.') : bytes.length >> 1;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(join(root, file), bytes);
      expect(await refusal(run(root, 'resume'))).toMatch(
        /expected the model that was measured, got other bytes/,
      );
    },
  );

  it('one bit of a cohort’s second network', async () => {
    const root = join(all, 'cohort');
    const cohort = { methods: tinyConfig({ methods: ['dml'] }).methods, seeds: [0] };
    await run(root, 'refuse', cohort);
    await run(root, 'resume', cohort);
    const file = join(root, 'dml/0/student-2/weights.bin');
    const bytes = readFileSync(file);
    bytes[9] = (bytes[9] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(await refusal(run(root, 'resume', cohort))).toMatch(
      /student-2: expected the model that was measured, got other bytes/,
    );
  });

  it('or is missing', async () => {
    const root = copy();
    rmSync(join(root, 'kd/1/student'), { recursive: true });
    expect(await refusal(run(root, 'resume'))).toMatch(/kd\/1\/student: .* got a file is missing/);
  });
});

it('what is ranked is what is saved', async () => {
  const root = join(all, 'ranked');
  // A rate at which epochs differ.
  const restless = {
    ...tinyConfig({ epochs: 6, optimizer: { learningRate: 0.3 } }),
    methods: config.methods,
  };
  const outcome = (await run(root, 'refuse', restless)) as ConfigOutcome;
  const { train, test } = await loadRunData(restless);
  const measure = async (place: string): Promise<number> => {
    const model = await loadModel(join(root, place));
    const { accuracy } = await evaluate(createNetwork(model), test, await channelStatistics(train));
    model.dispose();
    return accuracy;
  };
  const ranked = outcome.report.rows.flatMap(({ method, perSeed }) =>
    perSeed.map((seed) => ({ method, ...seed })),
  );
  expect(ranked.some(({ testAccuracyLast, testAccuracyBest }) => testAccuracyLast !== testAccuracyBest)).toBe(
    true,
  );
  for (const { method, seed, testAccuracyLast } of ranked)
    expect(await measure(`${method}/${seed}/student`)).toBe(testAccuracyLast);
  expect(await measure('teacher/model')).toBe(outcome.report.teacher.testAccuracy);
});

describe('a run that is overwritten', () => {
  it('stays until the new one has its teacher; files that are not the run’s are never removed', async () => {
    const root = copy();
    const mine = [
      'notes.txt',
      'kd/0/checkpoint/notes.txt',
      'kd/0/why.md',
      'report/notes.md',
      'teacher/model/card.json',
    ];
    for (const file of mine) writeFileSync(join(root, file), 'mine');
    mkdirSync(join(root, 'tune/kd/0/7'), { recursive: true });
    writeFileSync(join(root, 'tune/kd/0/7/result.json'), 'of other settings');
    const controller = new AbortController();
    let aside: string[] = [];
    const log = keptLog((label) => {
      if (label.startsWith('teacher'))
        aside = readdirSync(root).filter((entry) => entry.startsWith('replaced-'));
      else controller.abort();
    });
    await runConfig({ config, out: root, existing: 'overwrite', log, signal: controller.signal });
    expect(aside).toHaveLength(1);
    expect(readdirSync(root).filter((entry) => entry.startsWith('replaced-'))).toEqual([]);
    expect(existsSync(join(root, 'kd/1/result.json'))).toBe(false);
    expect(existsSync(join(root, 'kd/0/checkpoint/phase-00-epoch-00001-step-0000000.safetensors'))).toBe(
      false,
    );
    expect(existsSync(join(root, 'tune'))).toBe(false);
    for (const file of mine) expect(readFileSync(join(root, file), 'utf8'), file).toBe('mine');
  });

  it('keeps a link that leads to it', async () => {
    const root = copy();
    symlinkSync(root, `${root}-link`);
    await run(`${root}-link`, 'overwrite');
    expect(lstatSync(`${root}-link`).isSymbolicLink()).toBe(true);
    expect(existsSync(join(root, 'report/report.json'))).toBe(true);
  });

  it('is kept aside where the new one ends before its teacher, with a message', async () => {
    const root = copy();
    const before = contents(join(root, 'kd'));
    const controller = new AbortController();
    const log = keptLog(() => {
      controller.abort();
    });
    await runConfig({ config, out: root, existing: 'overwrite', log, signal: controller.signal });
    const [aside = ''] = readdirSync(root).filter((entry) => entry.startsWith('replaced-'));
    expect(Object.values(contents(join(root, aside, 'kd')))).toEqual(Object.values(before));
    expect(log.lines.join('\n')).toContain(
      `The run that was here is kept in ${join(root, aside)} until the new teacher is there.`,
    );
  });
});

describe('a second process', () => {
  it('is refused while the first works, with --resume and with --overwrite; the report may be written', async () => {
    const root = copy();
    rmSync(join(root, 'kd/1'), { recursive: true });
    const answers: string[] = [];
    const log = {
      ...keptLog(),
      progress: () => ({
        name: 'second',
        step: async (): Promise<void> => {
          if (answers.length > 0) return;
          answers.push(await refusal(run(root, 'resume')), await refusal(run(root, 'overwrite')));
          await rewriteReport(root);
        },
      }),
    };
    await runConfig({ config, out: root, existing: 'resume', log });
    expect(answers).toHaveLength(2);
    for (const answer of answers) expect(answer).toMatch(/no other process works in/);
    expect(existsSync(join(root, 'kd/1/result.json'))).toBe(true);
  });
});

describe("a study's list of tasks", () => {
  it.each([
    [
      'a teacher of no task',
      [{ name: 'a' }, { name: 'b', teacherOf: 'c' }],
      "tasks.1.teacherOf: 'c' is not a task that trains a teacher of its own",
    ],
    [
      'a teacher of a task without one',
      [{ name: 'a' }, { name: 'b', teacherOf: 'a' }, { name: 'c', teacherOf: 'b' }],
      "tasks.2.teacherOf: 'b' is not a task that trains",
    ],
    ['a task that is there twice', [{ name: 'a' }, { name: 'a' }], 'two tasks of one name'],
    ['a task in another folder', [{ name: '../a' }], 'tasks.0.name'],
  ])('is refused with %s', async (_, tasks, got) => {
    const root = mkdtempSync(join(tmpdir(), 'tasks-'));
    writeFileSync(join(root, 'run.json'), JSON.stringify({ schema: 1, tasks }));
    await expect(readStudy(root)).rejects.toThrow(got);
    rmSync(root, { recursive: true });
  });
});

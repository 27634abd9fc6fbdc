import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  arrayDataset,
  createNetwork,
  createRandom,
  defineMethod,
  isDistillError,
  kd,
  loadStudent,
  nonNegative,
  resolveEngine,
  seedWeights,
  taskTerms,
  teacherFrom,
} from '@distilljs/core';
import type { Dataset, ForeignImages } from '@distilljs/core';
import * as core from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as bench from '../../src/index.js';
import { exportStudent, rewriteReport, runBench } from '../../src/index.js';
import type { BenchOptions, BenchOutcome, ModelCard } from '../../src/index.js';
import { resolveConfig } from '../../src/config/index.js';
import { runConfig } from '../../src/run/run-config.js';
import { keptLog, refusal } from '../run/tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'run-bench-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
beforeAll(async () => {
  await resolveEngine('wasm');
});

/** Three classes of noisy colour. */
function colours(name: string, size: number, seed = 1): Dataset {
  const random = createRandom(seed);
  const labels = Array.from({ length: size }, (_, at) => at % 3);
  const images = Uint8Array.from({ length: size * 8 * 8 * 3 }, (_, at) =>
    Math.min(255, (at % 3 === (labels[Math.floor(at / 192)] ?? 0) ? 90 : 40) + random.integer(120)),
  );
  return arrayDataset({ images, labels, imageShape: [8, 8, 3], classes: 3, name });
}

function smallModel(filters: number, imageShape: readonly number[] = [8, 8, 3], classes = 3): LayersModel {
  return sequential({
    layers: [
      layers.conv2d({
        inputShape: [...imageShape],
        filters,
        kernelSize: 3,
        activation: 'relu',
        name: 'look',
      }),
      layers.globalAveragePooling2d({ name: 'pool' }),
      layers.dense({ units: classes }),
    ],
  });
}

/** Logits by the mean of each colour. */
const byColour = (factor = 1): ReturnType<typeof teacherFrom> =>
  teacherFrom(
    ({ values, shape: [batch] }: ForeignImages) =>
      Array.from({ length: batch }, (_, row) =>
        [0, 1, 2].map(
          (channel) =>
            (factor *
              values
                .subarray(row * 192, (row + 1) * 192)
                .reduce((sum, value, at) => sum + (at % 3 === channel ? value : 0), 0)) /
            16,
        ),
      ),
    { name: 'colours', classes: ['red', 'green', 'blue'], imageShape: [8, 8, 3] },
  );

const sharp = defineMethod({
  name: 'sharp',
  defaults: { ceWeight: 1, kdWeight: 1, temperature: 1, extra: 0 },
  check: { ceWeight: nonNegative, kdWeight: nonNegative, temperature: nonNegative, extra: nonNegative },
  reads: () => ({ student: [], teacher: [] }),
  loss: (step, options) => taskTerms(step, options),
});

const data = {
  train: colours('train', 48),
  test: colours('test', 24, 2),
  classNames: ['red', 'green', 'blue'],
};
const student = ({ imageShape, classes }: { imageShape: readonly number[]; classes: number }): LayersModel =>
  smallModel(4, imageShape, classes);
const tiny = { engine: 'wasm', epochs: 2, batchSize: 8, data, student } as const;
const at = (out: string): string => join(folder, out);
const run = (options: Partial<BenchOptions> & { out: string }): Promise<BenchOutcome | undefined> =>
  runBench({ ...tiny, teacher: byColour(), methods: ['kd'], ...options, out: at(options.out) });

describe('runBench', () => {
  it('takes datasets, a model, a function and methods at hand, and says where everything is', async () => {
    const teacher = smallModel(6);
    seedWeights(teacher, createRandom(3));
    const before = teacher.getWeights().map((value) => Array.from(value.dataSync()));
    const methods = [
      'student',
      { method: sharp, options: { extra: 2 } },
      { method: kd({ temperature: 2 }), as: 'kd-2' },
    ];
    const out = at('objects');
    const outcome = (await run({ out: 'objects', teacher, methods, seeds: [0, 1] })) as BenchOutcome;
    const { report, page, best, students, notes, diverged } = outcome;
    expect(report.rows.map(({ method }) => method)).toEqual(['student', 'sharp', 'kd-2']);
    expect(report.rows[1]?.options).toMatchObject({ extra: 2, temperature: 1 });
    expect(report.teacher).toMatchObject({ source: 'a program' });
    expect(page).toBe(join(out, 'report', 'index.html'));
    expect(readFileSync(page, 'utf8')).toContain('student taught by');
    expect(diverged).toEqual([]);
    expect(notes.join('\n')).toMatch(/Dataset train: .* 3 classes/);
    expect(students.map(({ method, seed }) => `${method}/${seed}`)).toEqual(
      ['student', 'sharp', 'kd-2'].flatMap((method) => [`${method}/0`, `${method}/1`]),
    );
    const means = new Map(report.rows.map((row) => [row.method, row.testAccuracyLast.mean]));
    expect(means.get(best ?? '')).toBe(Math.max(...means.values()));
    const loaded = await loadStudent(students[0]?.path ?? '');
    const answer = await loaded.classify(tf.fill<tf.Rank.R3>([8, 8, 3], 90));
    expect(data.classNames).toContain(answer.className);
    // The teacher is the program's still, unchanged.
    expect(teacher.getWeights().map((value) => Array.from(value.dataSync()))).toEqual(before);
    expect(report.config).toMatchObject({
      dataset: { name: 'given', title: 'train' },
      teacher: { given: true },
      student: { model: 'student', given: true },
    });
  });

  it('continues with the same, from where it was, and with nothing else', async () => {
    await run({ out: 'again' });
    const result = at('again/kd/0/result.json');
    const { mtimeMs } = statSync(result);
    const more = (await run({ out: 'again', existing: 'resume', seeds: [0, 1] })) as BenchOutcome;
    expect(more.students).toHaveLength(2);
    expect(statSync(result).mtimeMs).toBe(mtimeMs);
    expect(await refusal(run({ out: 'again' }))).toContain("existing: 'resume'");
    const resume = (options: Partial<BenchOptions>): Promise<string> =>
      refusal(run({ out: 'again', existing: 'resume', seeds: [0, 1, 2], ...options }));
    const other = { ...data, test: colours('test', 24, 5) };
    expect(await resume({ data: other })).toContain('other test images (24)');
    expect(await resume({ teacher: byColour(2) })).toContain(
      'expected the teacher that the run was started with',
    );
    const wider = { build: () => smallModel(5), model: 'student' };
    expect(await resume({ student: wider, seeds: [0] })).toContain(
      'expected the student that the training was begun with',
    );
    expect(await resume({ methods: [{ method: kd({ temperature: 2 }), as: 'kd' }] })).toMatch(/method|name/);
    // The command line has the folder alone.
    const config = resolveConfig({
      file: { name: 'config.json', text: readFileSync(at('again/config.json'), 'utf8') },
    });
    const alone = runConfig({ config, out: at('again'), existing: 'resume', log: keptLog() });
    expect(await refusal(alone)).toContain('the student of the program that began this run');
    expect((await rewriteReport(at('again'))).report.rows).toHaveLength(1);
    // So has an export, unless it is given the same images.
    const exported = (given?: BenchOptions['data']): Promise<ModelCard> =>
      exportStudent({ run: at('again'), method: 'kd', seed: 0, to: at('given'), data: given as typeof data });
    expect(await refusal(exported())).toContain('the datasets of the program that began this run');
    expect(await refusal(exported(other))).toContain('other test images (24)');
    const { testAccuracy, metadata } = await exported(data);
    expect(testAccuracy).toMatchObject({ images: 24, trained: testAccuracy.exported });
    expect(metadata.classNames).toEqual(['red', 'green', 'blue']);
  });

  it('takes what a configuration takes, a file and a preset as well', async () => {
    const dataset = {
      name: 'synthetic',
      imageSize: 12,
      trainSize: 54,
      testSize: 36,
      classes: 6,
      superclasses: 3,
    } as const;
    const outcome = (await runBench({
      preset: 'quick',
      data: dataset,
      teacher: { model: 'plain8', epochs: 1 },
      student: 'plain8',
      seeds: [0],
      epochs: 1,
      batchSize: 16,
      methods: ['student'],
      out: at('names'),
    })) as BenchOutcome;
    expect(outcome.best).toBe('student');
    // A saved teacher by its path, and a student by another's.
    const path = at('names/teacher/model');
    const again = (await runBench({
      ...{
        data: dataset,
        teacher: path,
        student: path,
        methods: ['kd'],
        epochs: 1,
        batchSize: 16,
        engine: 'wasm',
      },
      out: at('paths'),
    })) as BenchOutcome;
    expect(again.report.teacher.source).toBe(path);
    const card = await exportStudent({ run: at('paths'), method: 'kd', seed: 0, to: at('exported') });
    expect(card.dataset.classes).toBe(6);
    expect(existsSync(at('exported/model.json'))).toBe(true);
  });

  it('a network passed as teacher keeps its names, and is saved with the run', async () => {
    const model = smallModel(6);
    seedWeights(model, createRandom(3));
    const teacher = createNetwork(model, { name: 'mine', taps: { embedding: 'pool' } });
    const build = (): object => ({ model: smallModel(4), taps: { embedding: 'pool' } });
    const methods = ['cckd'];
    const options = { out: 'network', teacher, methods, student: build as BenchOptions['student'] };
    const { report } = (await run(options)) as BenchOutcome;
    expect(report.teacher.model).toBe('mine');
    expect(existsSync(at('network/teacher/model/model.json'))).toBe(true);
  });

  it('a student that a function builds may have a normalization of its own', async () => {
    const student = { build: () => smallModel(4), normalization: 'zero-one' } as const;
    const { students } = (await run({ out: 'zero-one', student, methods: ['student'] })) as BenchOutcome;
    const loaded = await loadStudent(students[0]?.path ?? '');
    expect(loaded.metadata.normalization).toEqual({ mean: [0, 0, 0], std: [1, 1, 1] });
    loaded.dispose();
  });

  it('lists all mistakes at once, in the words of its options, and touches no folder', async () => {
    const wrong = {
      data: { name: 'synthetic', clases: 3 },
      teacher: 'resnet21',
      student: 5,
      methods: ['kd', 'kdd', { method: sharp, options: { extra: -1, other: 2 } }, kd({ temperature: 2 })],
      epochs: 0,
      sedes: [1],
      out: at('wrong'),
    } as unknown as BenchOptions;
    const error: unknown = await runBench(wrong).catch((caught: unknown) => caught);
    expect(isDistillError(error)).toBe(true);
    const text = String(error);
    for (const said of [
      'runBench, data.clases',
      "a network of the zoo, got 'resnet21'",
      'runBench, student',
      "a method, got 'kdd'",
      'runBench, methods.2.options.extra',
      'runBench, methods.2.options.other',
      "Give it one: { method: …, as: 'NAME' }",
      'runBench, epochs',
      'runBench, sedes',
    ])
      expect(text).toContain(said);
    expect(existsSync(at('wrong'))).toBe(false);
  });

  it.each([
    ['nothing', undefined, 'options, at least { data, teacher, student, out }'],
    ['no folder', { ...tiny }, 'the path of the run folder'],
    ['a promise', { ...tiny, out: 'x', teacher: Promise.resolve() }, 'Write `await` before it'],
    ['a word that is none', { ...tiny, out: 'x', existing: 'reuse' }, "'refuse', 'resume' or 'overwrite'"],
    [
      'data of two sizes',
      {
        ...tiny,
        teacher: byColour(),
        out: 'x',
        data: { train: colours('a', 9), test: { ...colours('b', 9), classes: 4 } },
      },
      'test has 4 classes, train 3',
    ],
    [
      'classes in another order',
      {
        ...tiny,
        teacher: byColour(),
        out: 'x',
        data: {
          train: { ...colours('a', 9), classNames: ['red', 'green', 'blue'] },
          test: { ...colours('b', 9), classNames: ['red', 'blue', 'green'] },
        },
      },
      "class 1 is 'blue' in test and 'green' in train",
    ],
    [
      'data without a test',
      { ...tiny, teacher: byColour(), out: 'x', data: { train: colours('a', 9) } },
      'test is not a dataset',
    ],
    [
      'names for other classes',
      { ...tiny, teacher: byColour(), out: 'x', data: { ...data, classNames: ['a'] } },
      '1 class names for 3 classes',
    ],
    [
      'a student that is built of nothing',
      { ...tiny, teacher: byColour(), out: 'x', student: () => undefined },
      'a tfjs LayersModel, or { model, taps }, got nothing',
    ],
    [
      'one dataset',
      { ...tiny, out: 'x', data: colours('a', 9) },
      'runBench, data: expected { train, test }, got object. That is a single dataset',
    ],
    [
      'a promise among the methods',
      { ...tiny, out: 'x', methods: ['kd', Promise.resolve(kd())] },
      'runBench, methods.1: expected a value, got a promise. Write `await` before it.',
    ],
  ])('refuses %s', async (_, options, said) => {
    expect(await refusal(runBench(options as unknown as BenchOptions))).toContain(said);
    expect(existsSync('x')).toBe(false);
  });

  it.each<[string, () => unknown, string]>([
    [
      'a model',
      () => smallModel(4),
      'runBench, student: expected a function, got object. Build a model in it',
    ],
    [
      'a network to build',
      () => ({ build: createNetwork(smallModel(4)) }),
      'runBench, student: expected a function',
    ],
    [
      'a function that returns one model again and again',
      () => {
        const model = smallModel(4);
        return () => model;
      },
      'expected a function that builds a new model on each call, got the model from an earlier call',
    ],
  ])('refuses as the student %s', async (_, make, said) => {
    const options = { ...tiny, teacher: byColour(), out: at('no-student'), student: make() };
    expect(await refusal(runBench(options as unknown as BenchOptions))).toContain(said);
  });

  it('runs the example of the first page as it stands', async () => {
    const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
    const [code = ''] = [...readme.matchAll(/```js\n(.*?)```/gs)].flatMap(([, block = '']) =>
      block.includes('runBench') ? [block] : [],
    );
    const body = code.replace(/^import (\{[^}]+\}) from '([^']+)';$/gm, "const $1 = modules['$2'];");
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the README is ours
    const example = new Function('modules', 'console', `return (async () => {\n${body}\n})();`) as (
      modules: object,
      output: object,
    ) => Promise<void>;
    const said: unknown[][] = [];
    const before = process.cwd();
    process.chdir(folder);
    try {
      const modules = { '@distilljs/core': core, '@distilljs/bench': bench };
      await example(modules, { log: (...values: unknown[]) => said.push(values) });
    } finally {
      process.chdir(before);
    }
    const [[best, student, page] = []] = said;
    expect(['student', 'kd']).toContain(best);
    expect(student).toBe(join('runs', 'brightness', 'student', '0', 'student'));
    expect(existsSync(join(folder, String(page)))).toBe(true);
  });

  it('ends when it is told to, and calls wait for each other', async () => {
    const controller = new AbortController();
    controller.abort();
    const stopped = run({ out: 'stopped', signal: controller.signal });
    const other = run({ out: 'other', methods: ['student'], epochs: 1 });
    expect(await stopped).toBeUndefined();
    expect((await other)?.best).toBe('student');
  });
});

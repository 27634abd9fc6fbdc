import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate, loadModel, modelMetadata } from '@distilljs/core';
import type { Normalization } from '@distilljs/core';
import type { RunConfig } from '../../src/config/index.js';
import type { MethodResult, RunEnvironment } from '../../src/report/index.js';
import { loadRunData } from '../../src/run/datasets.js';
import type { MadeWith } from '../../src/report/index.js';
import { expectNothingNeeded } from '../../src/run/open-folder.js';
import { runConfig } from '../../src/run/run-config.js';
import type { ConfigOutcome } from '../../src/run/run-config.js';
import { runFolder } from '../../src/run/run-folder.js';
import { rewriteReport } from '../../src/run/write-report.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'run-folder-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Existing = 'refuse' | 'resume' | 'overwrite';
const quick = { methods: ['student'], seeds: [0] };
const run = (
  out: string,
  existing: Existing,
  changes: object = {},
  log = keptLog(),
): Promise<ConfigOutcome | undefined> =>
  runConfig({ config: tinyConfig({ ...quick, ...changes }), out: join(folder, out), existing, log });
const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));

/** A copy of the finished run, for one test to spoil. */
function copyOf(name: string): string {
  cpSync(join(folder, 'done'), join(folder, name), { recursive: true });
  return name;
}

/** Twelve records of CIFAR-10 in either file; the first pixel is `first`. */
function cifar(name: string, first: number): string {
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  const records = Uint8Array.from({ length: 40 * 3073 }, (_, at) =>
    at % 3073 === 0 ? Math.floor(at / 3073) % 10 : at === 1 ? first : at % 251,
  );
  for (const file of ['data_batch_1.bin', 'test_batch.bin']) writeFileSync(join(dir, file), records);
  return dir;
}

beforeAll(async () => {
  await run('done', 'refuse');
});

it('settles the statistics of batch norm where the configuration asks for it', async () => {
  const warned = (await rewriteReport(join(folder, 'done'))).report.warnings;
  expect(warned).toContainEqual(expect.stringMatching(/moving statistics.*settleStatistics: true/));
  const settled = await run('settled', 'refuse', { settleStatistics: true });
  expect(settled?.report.warnings.filter((each) => each.includes('moving statistics'))).toEqual([]);
});

it('judges the network that is saved, also where statistics were settled after the last epoch', async () => {
  const config = tinyConfig({ ...quick, settleStatistics: true });
  const { validation } = await loadRunData(config, {});
  for (const out of ['done', 'settled']) {
    const { epochs } = read(out, 'student', '0', 'result.json') as MethodResult;
    const model = await loadModel(join(folder, out, 'student', '0', 'student'));
    const normalization = modelMetadata(model)?.normalization as Normalization;
    const { accuracy, loss } = await evaluate(model, validation, normalization);
    expect(epochs.at(-1)?.validation[0]).toMatchObject({ accuracy, loss: expect.closeTo(loss, 4) as number });
    model.dispose();
  }
  const settled = read('settled', 'student', '0', 'result.json') as MethodResult;
  expect(settled.epochs).not.toEqual((read('done', 'student', '0', 'result.json') as MethodResult).epochs);
  expect(settled.validationAccuracyBest).toBeGreaterThanOrEqual(
    settled.epochs.at(-1)?.validation[0]?.accuracy ?? 1,
  );
});

describe('a folder that is no run', () => {
  const foreign: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a model with a config.json', { 'config.json': '{"model_type": "resnet"}', 'model.bin': 'weights' }],
    ['a config.json alone', { 'config.json': '{"model_type": "resnet"}' }],
    ['another environment.json', { 'environment.json': '{"production": true}' }],
    ['a config.json that is a list', { 'config.json': '[]', 'environment.json': '[]' }],
  ];
  it.each(foreign)('%s', async (name, files) => {
    const dir = name.replaceAll(' ', '-');
    mkdirSync(join(folder, dir));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, dir, file), text);
    for (const existing of ['refuse', 'resume', 'overwrite'] as const) {
      expect(await refusal(run(dir, existing))).toMatch(
        /one that holds a run .*got a folder with other files/,
      );
    }
    expect(await refusal(rewriteReport(join(folder, dir)))).toMatch(/expected a run folder/);
    for (const [file, text] of Object.entries(files)) {
      expect(readFileSync(join(folder, dir, file), 'utf8')).toBe(text);
    }
  });

  it('a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal(run('file', 'resume'))).toMatch(/expected a folder, got a file. Use another --out/);
  });

  it('says what to do about a damaged config.json', async () => {
    const out = copyOf('damaged');
    writeFileSync(join(folder, out, 'config.json'), '{"epochs"');
    for (const existing of ['resume', 'overwrite'] as const) {
      expect(await refusal(run(out, existing))).toMatch(
        /config.json: expected JSON.* Restore it .*report.json/,
      );
    }
    expect(existsSync(join(folder, out, 'student/0/result.json'))).toBe(true);
  });

  it('but what a crash left unfinished is continued', async () => {
    mkdirSync(join(folder, 'begun'));
    cpSync(join(folder, 'done/environment.json'), join(folder, 'begun/environment.json'));
    writeFileSync(join(folder, 'begun/config.json.unfinished'), '{');
    expect(await run('begun', 'resume')).toBeDefined();
  });
});

describe('a run that is started over', () => {
  it('is kept until teacher, data and methods have been checked', async () => {
    const out = copyOf('kept');
    const wrong = [
      { teacher: { path: join(folder, 'nowhere') } },
      { dataset: { name: 'cifar10', dir: join(folder, 'nowhere') } },
      { methods: [{ name: 'mhgd', options: { studentTaps: ['stage1', 'stage2', 'stage9'] } }] },
    ];
    for (const changes of wrong) {
      await refusal(run(out, 'overwrite', changes));
      expect(existsSync(join(folder, out, 'student/0/result.json'))).toBe(true);
    }
  });

  it('is kept where it holds the teacher or the data, also behind a link', async () => {
    const out = copyOf('needed');
    symlinkSync(join(folder, out), join(folder, 'link'));
    for (const path of [join(folder, out, 'teacher/model'), `file://${join(folder, 'link/teacher/model')}`]) {
      const message = await refusal(run(out, 'overwrite', { teacher: { path } }));
      expect(message).toMatch(/a folder without files that the run needs, got one that contains the teacher/);
    }
    const dataset = { name: 'cifar10', dir: join(folder, 'link/data') };
    expect(await refusal(run(out, 'overwrite', { dataset }))).toMatch(/one that contains the data/);
    expect(existsSync(join(folder, out, 'teacher/model/model.json'))).toBe(true);
  });

  it('is kept where it holds anything else that the configuration reads', async () => {
    const out = copyOf('read');
    const student = join(folder, out, 'student/0/student');
    const method = join(folder, out, 'own.mjs');
    writeFileSync(method, "export { default } from 'nowhere';");
    writeFileSync(join(folder, out, 'images.csv'), 'path,label');
    writeFileSync(join(folder, out, 'names.txt'), 'a');
    const reads: readonly (readonly [what: string, changes: object])[] = [
      ['the student', { student: { path: student } }],
      ['the student', { student: { path: `file://${student}` } }],
      ['the list of images', { dataset: { name: 'list', file: join(folder, out, 'images.csv') } }],
      ["the teacher's classes", { teacher: { path: folder, classes: join(folder, out, 'names.txt') } }],
    ];
    for (const [what, changes] of reads)
      expect(await refusal(run(out, 'overwrite', changes))).toContain(
        `a folder without files that the run needs, got one that contains ${what}`,
      );
    const config = { ...tinyConfig(quick), methods: [{ name: 'own', as: 'own', from: method, options: {} }] };
    expect(() => {
      expectNothingNeeded(runFolder(join(folder, out)), config);
    }).toThrow('one that contains the method own');
    expect(existsSync(join(student, 'model.json'))).toBe(true);
  });

  it('leaves nothing behind when the teacher is missing, so that the corrected command works', async () => {
    const teacher = { path: join(folder, 'nowhere') };
    expect(await refusal(run('mistyped', 'refuse', { teacher }))).toMatch(/nowhere\/model.json: expected/);
    expect(existsSync(join(folder, 'mistyped'))).toBe(false);
  });
});

describe('a run that is gone on with', () => {
  const onCifar = (dir: string): object => ({
    ...quick,
    dataset: { name: 'cifar10', dir },
    epochs: 2,
    batchSize: 32,
  });

  it('refuses other images in the same place, and takes the same ones from another', async () => {
    const dir = cifar('images', 1);
    const name = (first: readonly string[]): void => {
      writeFileSync(join(dir, 'batches.meta.txt'), [...first, 'c\nd\ne\nf\ng\nh\ni\nj'].join('\n'));
    };
    name(['axe', 'ball']);
    await run('cifar', 'refuse', onCifar(relative('.', dir)));
    expect((read('cifar/config.json') as RunConfig).dataset).toMatchObject({ dir });
    expect(await run('cifar', 'resume', onCifar(cifar('moved', 1)))).toBeDefined();

    // The saved teacher has names, so its logits would be put in another order.
    name(['ball', 'axe']);
    expect(await refusal(run('cifar', 'resume', onCifar(dir)))).toMatch(
      /the data that the run was started with, got other class names \(class 0 was 'axe', now 'ball'\)\. Restore/,
    );
    name(['axe', 'ball']);

    cifar('images', 2);
    expect(await refusal(run('cifar', 'resume', onCifar(dir)))).toMatch(
      /the data that the run was started with, got other training images \(36\), .*test images \(40\)\. Restore/,
    );
    // What a version without fingerprints left is still told by the path.
    rmSync(join(folder, 'cifar/data.json'));
    expect(await refusal(run('cifar', 'resume', onCifar(dir)))).toMatch(/another dataset/);
  });

  it('refuses a method whose folder some disk would not tell from another', async () => {
    const kd = (as: string): object => ({ methods: [{ name: 'kd', as }] });
    const out = copyOf('letters');
    await run(out, 'resume', kd('hot'));
    expect(await refusal(run(out, 'resume', kd('Hot')))).toMatch(
      /another name of method hot \("hot", now "Hot"\)/,
    );
  });

  it('ignores the order of options', async () => {
    const kd = (options: object): object => ({ methods: [{ name: 'kd', options }] });
    const out = copyOf('order');
    await run(out, 'resume', kd({ temperature: 3, ceWeight: 0.5 }));
    expect(await run(out, 'resume', kd({ ceWeight: 0.5, temperature: 3 }))).toBeDefined();
    expect(await refusal(run(out, 'resume', kd({ ceWeight: 0.4, temperature: 3 })))).toMatch(
      /another method kd/,
    );
  });

  it('keeps the environment it started with, and reports what was made with another', async () => {
    const out = copyOf('mixed');
    const environment = read(out, 'environment.json') as RunEnvironment;
    expect(environment.packages['@distilljs/bench']).toMatch(/^\d/);
    const older = { ...environment, packages: { ...environment.packages, '@distilljs/core': '0.0.1' } };
    writeFileSync(join(folder, out, 'environment.json'), JSON.stringify(older));

    const log = keptLog();
    const written = await run(out, 'resume', { seeds: [0, 1] }, log);
    const warning =
      /made in another environment than the start of the run: @distilljs\/core \S+ instead of 0\.0\.1/;
    expect(log.lines).toContainEqual(expect.stringMatching(warning));
    const warnings = written?.report.warnings.filter((each) => !each.includes('moving statistics'));
    expect(warnings).toEqual([expect.stringMatching(warning)]);
    expect(warnings?.[0]).toMatch(/^student, seed 1/);
    expect(read(out, 'environment.json')).toEqual(older);
    const made = read(out, 'student/1/result.json') as { readonly madeWith: MadeWith };
    expect(made.madeWith).toMatchObject({ engine: expect.stringMatching(/^wasm/) as string, packages: {} });
  });
});

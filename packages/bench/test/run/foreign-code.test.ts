import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createNetwork,
  createRandom,
  isDistillError,
  loadStudent,
  resolveEngine,
  seedWeights,
} from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { methodsFrom } from '../../src/cli/list.js';
import { configuredModules, nameOfModule, resolveConfig } from '../../src/config/index.js';
import type { RunConfig } from '../../src/config/index.js';
import type { ConfigLayer } from '../../src/config/layers.js';
import { withModulePaths } from '../../src/config/module-name.js';
import { buildModel } from '../../src/model/index.js';
import { loadRunData } from '../../src/run/datasets.js';
import { importModule, preloadModules } from '../../src/run/foreign-modules.js';
import { configurableMethods } from '../../src/run/method-catalog.js';
import { verifyRun } from '../../src/evaluation/verify-run.js';
import { methodProblems } from '../../src/run/method-problems.js';
import { runConfig } from '../../src/run/run-config.js';
import type { ConfigOutcome } from '../../src/run/run-config.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const modules = fileURLToPath(new URL('modules', import.meta.url));
const match = join(modules, 'match.mjs');
const folder = mkdtempSync(join(tmpdir(), 'foreign-code-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
beforeAll(async () => {
  await resolveEngine('wasm');
});

const log = keptLog();
const run = (
  out: string,
  changes: object,
  existing: 'refuse' | 'resume' = 'refuse',
): Promise<ConfigOutcome | undefined> => {
  const small = { seeds: [0], epochs: 1, teacher: { model: 'plain8', epochs: 1 } };
  return runConfig({ config: tinyConfig({ ...small, ...changes }), out: join(folder, out), existing, log });
};

/** A configuration file as the command line reads it. */
async function configured(text: string): Promise<RunConfig> {
  const file = { name: join(folder, 'run.yaml'), text: `preset: quick\n${text}` };
  await preloadModules(configuredModules({ file }));
  return resolveConfig({ file, methodNames: configurableMethods, checkMethod: methodProblems });
}
async function problems(text: string): Promise<string> {
  const error: unknown = await configured(text).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(isDistillError(error), String(error)).toBe(true);
  return String(error);
}

describe('a method of a module', () => {
  it('is compared beside the others, and its digest is kept', async () => {
    const methods = [
      'kd',
      { from: match, options: { weight: 2 } },
      { from: match, as: 'match-3', options: { weight: 3 } },
    ];
    const { report } = (await run('match', { methods })) as ConfigOutcome;
    expect(report.rows.map(({ method }) => method)).toEqual(['kd', 'match', 'match-3']);
    expect(report.rows[1]?.options).toEqual({ weight: 2, ceWeight: 1, kdWeight: 0, temperature: 4 });
    const result = JSON.parse(readFileSync(join(folder, 'match/match/0/result.json'), 'utf8')) as {
      sources: { method: string };
    };
    expect(result.sources.method).toBe((await importModule(match)).digest);
    // Its configuration makes the same run again.
    const text = readFileSync(join(folder, 'match/config.json'), 'utf8');
    expect(resolveConfig({ file: { name: join(folder, 'match/config.json'), text } }).methods[1]?.from).toBe(
      match,
    );
    expect(await run('match', { methods, seeds: [0, 1] }, 'resume')).toBeDefined();
    const noted = join(folder, 'match/match/0/sources.json');
    writeFileSync(noted, JSON.stringify({ method: 'other' }));
    expect(await refusal(run('match', { methods }, 'resume'))).toContain(
      'expected the method that the training was begun with',
    );
    // A further seed would be averaged with what the other module trained.
    expect(await refusal(run('match', { methods, seeds: [2] }, 'resume'))).toMatch(
      /match.match.0: expected the method that the training was begun with/,
    );
    const { findings } = await verifyRun(join(folder, 'match'));
    expect(findings.filter(({ found }) => found.includes('files of'))).toEqual([]);
    const second = join(folder, 'match/match/1/result.json');
    const kept = JSON.parse(readFileSync(second, 'utf8')) as object;
    writeFileSync(second, JSON.stringify({ ...kept, sources: { method: 'f'.repeat(64) } }));
    expect((await verifyRun(join(folder, 'match'))).findings.map(({ found }) => found)).toContain(
      'match/1 began with other files of the method than match/0',
    );
  });

  it('is the same in all trials', async () => {
    const changes = {
      methods: [{ from: match }],
      tune: { match: { weight: [1, 2] } },
      tuning: { seeds: [9] },
    };
    await run('tried', changes);
    const noted = join(folder, 'tried/tune/match/0/9/sources.json');
    expect(JSON.parse(readFileSync(noted, 'utf8'))).toEqual({ method: (await importModule(match)).digest });
    writeFileSync(noted, JSON.stringify({ method: 'other' }));
    expect(await refusal(run('tried', { ...changes, seeds: [0, 1] }, 'resume'))).toMatch(
      /tune.match.0.9: expected the method that the training was begun with/,
    );
  });

  it('counts from the folder of its configuration', async () => {
    mkdirSync(join(folder, 'methods'), { recursive: true });
    writeFileSync(
      join(folder, 'methods/plain.mjs'),
      "export default () => ({ spec: 'v1', name: 'plain', options: {}, plan() {} });",
    );
    const { methods } = await configured('methods: [{ from: ./methods/plain.mjs }]');
    expect(methods[0]).toMatchObject({ name: 'plain', as: 'plain', from: join(folder, 'methods/plain.mjs') });
    // Settings by position, as of --set.
    const own = { from: './own.mjs' };
    const located = { from: join(folder, 'own.mjs') };
    const layer = {
      values: { methods: { 1: own }, pairs: { 0: { student: own } } },
    } as unknown as ConfigLayer;
    expect(withModulePaths(layer, folder).values).toEqual({
      methods: { 1: located },
      pairs: { 0: { student: located } },
    });
  });

  it('may be of a package', async () => {
    const root = join(folder, 'node_modules/@scope/own');
    mkdirSync(root, { recursive: true });
    writeFileSync(
      join(root, 'package.json'),
      JSON.stringify({ type: 'module', exports: { '.': { import: './index.js' } } }),
    );
    writeFileSync(
      join(root, 'index.js'),
      "const make = () => ({ spec: 'v1', name: 'one', options: {}, plan() {} });\nexport const one = Object.assign(make, { methodName: 'one', defaults: { a: 1 } });",
    );
    await importModule('@scope/own', [folder]);
    expect((await methodsFrom('@scope/own')).map(({ name, defaults }) => ({ name, defaults }))).toEqual([
      { name: 'one', defaults: { a: 1 } },
    ]);
    const { methods } = await configured("methods: [{ from: '@scope/own', name: one, as: two }]");
    expect(methods[0]).toMatchObject({ name: 'one', as: 'two' });
  });

  it.each([
    ['patterns', { exports: { './*': './lib/*.js' } }, '/own', 'own'],
    ['lists of targets', { exports: { '.': [{ import: './lib/own.js' }] } }, '', 'own'],
    ['no exports, and a main without an extension', { main: 'lib/own' }, '', 'own'],
  ])('of a package may be found by %s', async (kind, manifest, path, name) => {
    const own = `by-${kind.replace(/\W.*/, '')}`;
    const root = join(folder, 'node_modules', own);
    mkdirSync(join(root, 'lib'), { recursive: true });
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name: own, type: 'module', ...manifest }));
    writeFileSync(
      join(root, 'lib/own.js'),
      `const make = () => ({ spec: 'v1', name: '${name}', options: {}, plan() {} });\nexport const made = Object.assign(make, { methodName: '${name}', defaults: {} });`,
    );
    await importModule(`${own}${path}`, [folder]);
    expect((await methodsFrom(`${own}${path}`)).map(({ name: found }) => found)).toEqual([name]);
  });

  it.each([
    ['damaged', '{ "exports": ', '', 'Invalid package config'],
    ['closed', '{ "exports": { "./a": "./a.js" } }', '/b', "Package subpath './b' is not defined"],
  ])('of a package that is %s is told as that', async (name, manifest, path, said) => {
    const root = join(folder, 'node_modules', name);
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'package.json'), manifest);
    const error: unknown = await importModule(`${name}${path}`, [folder]).catch((thrown: unknown) => thrown);
    expect(isDistillError(error)).toBe(true);
    expect(String(error)).toContain('expected a package that can be imported');
    expect(String(error)).toContain(said);
  });

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return `./${name}`;
  };
  it.each([
    ['none.mjs', undefined, /run.yaml:2:\d+, methods.0.from: expected a module, got no such file/],
    ['empty.mjs', 'export const a = 1;', /expected a default export.*got the exports a/],
    ['broken.mjs', 'export default (', /expected a module that loads/],
    ['throws.mjs', "throw new Error('not today')", /not today/],
    ['fails.mjs', "export default () => { throw new Error('no'); };", /got the error "no"/],
    ['silent.mjs', 'export default () => { throw new RangeError(); };', /got the error "RangeError"/],
    ['thrown.mjs', 'export default () => { throw { code: 7 }; };', /got \{ code: 7 \}, thrown/],
    [
      'old.mjs',
      "export default () => ({ spec: 'v0', options: {}, plan() {} });",
      /contract v1, got contract v0/,
    ],
    ['other.mjs', 'export default () => 5;', /expected a method, as defineMethod makes it, got number/],
  ])('%s is refused at its place', async (name, text, words) => {
    const from = text === undefined ? `./${name}` : file(name, text);
    expect(await problems(`methods: [{ from: ${from} }]`)).toMatch(words);
  });

  it('with unknown options, another name or a URL is refused, all at once', async () => {
    const text = [
      'methods:',
      `  - { from: ${match}, options: { wieght: 2 } }`,
      `  - { from: ${match}, name: other }`,
      "  - { from: 'https://example.org/x.mjs', name: x }",
      "  - { from: '@scope/none' }",
      `  - { from: ${match}, as: kd }`,
      '  - { from: methods/mine.mjs }',
    ].join('\n');
    const message = await problems(text);
    expect(message).toMatch(/run.yaml:3:\d+, methods.0.options.wieght: expected a known option.*'weight'/);
    expect(message).toMatch(/methods.1.name: expected the name of one of its methods, got 'other'/);
    expect(message).toMatch(/methods.2.from: expected a path or the name of a package, got a URL/);
    expect(message).toMatch(
      /methods.3.from: expected a package that is installed, got none. npm i @scope\/none/,
    );
    expect(message).toMatch(/methods.4.as: expected a unique name, got 'kd'/);
    expect(message).toContain('A path begins with ./: write ./methods/mine.mjs.');
  });

  it.each([
    ['./methods/rkd.mjs', 'rkd'],
    ['@scope/package', 'package'],
    ['plain-name', 'plain-name'],
    ['/a/b c.js', 'b-c'],
  ])('%s is called %s', (from, name) => {
    expect(nameOfModule(from)).toBe(name);
  });
});

describe('a student from outside', () => {
  it('may be built by a module, the same for every method', async () => {
    const from = join(folder, 'student.mjs');
    copyFileSync(join(modules, 'student.mjs'), from);
    const student = { from, options: { width: 5 } };
    const { report } = (await run('built', {
      student,
      methods: ['student', 'kd', 'cckd', 'dml'],
    })) as ConfigOutcome;
    expect(report.config.student.model).toBe('student');
    // 3·3·3·5 + 5 and 5·6 + 6.
    expect(report.rows[0]?.studentParameters).toBe(140 + 36);
    expect(report.rows.map(({ method }) => method)).toEqual(['student', 'kd', 'cckd', 'dml']);
    appendFileSync(from, '\n// changed\n');
  });

  it('may be a saved model, whose weights are kept or drawn anew', async () => {
    const { model } = buildModel('plain8', { imageShape: [12, 12, 3], classes: 6 });
    seedWeights(model, createRandom(5));
    const path = join(folder, 'start');
    await createNetwork(model).save(path);
    model.dispose();
    const kept = (await run('kept', { student: { path, taps: {} }, methods: ['student'] })) as ConfigOutcome;
    const fresh = (await run('fresh', {
      student: { path, weights: 'fresh' },
      methods: ['student'],
    })) as ConfigOutcome;
    const zoo = (await run('zoo', { student: { model: 'plain8' }, methods: ['student'] })) as ConfigOutcome;
    expect(kept.report.config.student.model).toBe('start');
    const loss = (name: string): unknown =>
      (
        JSON.parse(readFileSync(join(folder, name, 'student/0/result.json'), 'utf8')) as {
          epochs: { terms: unknown }[];
        }
      ).epochs[0]?.terms;
    // Drawn from the run's seed as the zoo's are.
    expect(loss('fresh')).toEqual(loss('zoo'));
    expect(loss('kept')).not.toEqual(loss('fresh'));
    expect(fresh.report.rows[0]?.studentParameters).toBe(zoo.report.rows[0]?.studentParameters);
  });

  it('is refused when its weights were exchanged, whatever their file is called', async () => {
    const place = join(folder, 'exchanged');
    const shards = (seed: number): Buffer => {
      const { model } = buildModel('plain8', { imageShape: [12, 12, 3], classes: 6 });
      seedWeights(model, createRandom(seed));
      const bytes = Buffer.concat(
        model.getWeights().map((each) => Buffer.from(each.dataSync().slice().buffer)),
      );
      model.dispose();
      return bytes;
    };
    const { model } = buildModel('plain8', { imageShape: [12, 12, 3], classes: 6 });
    await createNetwork(model).save(place);
    model.dispose();
    const json = readFileSync(join(place, 'model.json'), 'utf8');
    writeFileSync(join(place, 'net.json'), json.replace('weights.bin', 'group1-shard1of1'));
    for (const name of ['model.json', 'weights.bin']) rmSync(join(place, name));
    writeFileSync(join(place, 'group1-shard1of1'), shards(1));
    const changes = { student: { path: join(place, 'net.json') }, methods: ['student'] };
    const { report } = (await run('with-shards', changes)) as ConfigOutcome;
    expect(report.config.student.model).toBe('net');
    writeFileSync(join(place, 'group1-shard1of1'), shards(2));
    for (const seeds of [[0, 1], [1]])
      expect(await refusal(run('with-shards', { ...changes, seeds }, 'resume'))).toMatch(
        /with-shards.student.0: expected the student that the training was begun with, got another one/,
      );
    expect(await refusal(run('with-shards', { ...changes, methods: ['kd'] }, 'resume'))).toMatch(
      /with-shards.student.0: expected the student that the training was begun with/,
    );
  });

  it('brings its own normalization, which training, metadata and loadStudent go by', async () => {
    const normalization = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
    const from = join(folder, 'normalized.mjs');
    const builds =
      'export default ({ imageShape, classes, tf }) => tf.sequential({ layers: [tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: classes })] });';
    writeFileSync(from, `${builds}\nexport const normalization = ${JSON.stringify(normalization)};`);
    await run('normalized', { student: { from }, methods: ['kd'] });
    const other = join(folder, 'named-normalization.mjs');
    writeFileSync(other, `${builds}\nexport const normalization = 'minus-one-one';`);
    await run('named-normalization', { student: { from: other }, methods: ['student'] });
    const named = await loadStudent(join(folder, 'named-normalization/student/0/student'));
    expect(named.metadata.normalization).toEqual({ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
    named.dispose();
    const wrong = join(folder, 'wrong-normalization.mjs');
    writeFileSync(wrong, `${builds}\nexport const normalization = { mean: [0.5] };`);
    expect(await refusal(run('wrong', { student: { from: wrong }, methods: ['student'] }))).toContain(
      `module ${wrong}: expected an export \`normalization\` that is one of imagenet,`,
    );
    const place = join(folder, 'normalized/kd/0/student');
    const own = await loadStudent(place);
    expect(own.metadata.normalization).toEqual(normalization);
    const result = JSON.parse(readFileSync(join(folder, 'normalized/kd/0/result.json'), 'utf8')) as {
      testAccuracyLast: number;
    };
    const { test } = await loadRunData(tinyConfig({}));
    let correct = 0;
    for (let image = 0; image < test.size; image++) {
      const [height, width] = test.imageShape;
      const data = (await test.image(image)) as Uint8Array;
      const { classes } = await own.classify({ width, height, channels: 3, data }, { top: 1 });
      correct += classes[0]?.index === test.labels?.[image] ? 1 : 0;
    }
    expect(correct / test.size).toBeCloseTo(result.testAccuracyLast, 6);
    own.dispose();
    // A saved model keeps what it was trained with; the configuration counts before it.
    const normalizationOf = async (name: string, student: object): Promise<unknown> => {
      await run(name, { student, methods: ['student'] });
      const saved = await loadStudent(join(folder, name, 'student/0/student'));
      saved.dispose();
      return saved.metadata.normalization;
    };
    expect(await normalizationOf('again', { path: place })).toEqual(normalization);
    const server = createServer((request, response) => {
      response.end(readFileSync(join(place, request.url?.replace(/\?.*/, '') ?? '')));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.json`;
    expect(await normalizationOf('behind-url', { path: url })).toEqual(normalization);
    expect(await normalizationOf('behind-url-fresh', { path: url, weights: 'fresh' })).not.toEqual(
      normalization,
    );
    server.close();
    expect(await normalizationOf('said', { path: place, normalization: 'zero-one' })).toEqual({
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
  });

  it.each([
    [
      { model: 'resnet9' },
      /student.model: expected a network of the zoo, got 'resnet9'. Did you mean 'resnet8'/,
    ],
    [{ path: 'ftp://x/y' }, /student.path: expected a path, or a URL of http, https or file/],
    [{ path: 'a', from: './b.mjs' }, /student.from: expected one of path and from/],
    [{ path: 'a', option: 1 }, /student.option: expected a known key/],
  ])('%j is refused in words', (student, words) => {
    expect(() => tinyConfig({ student })).toThrow(words);
  });

  it.each([
    ['none', 'export const a = 1;', /a default export that builds the student, got none/],
    ['number', 'export default () => 5;', /expected a tfjs LayersModel/],
    ['error', "export default () => { throw new Error('no'); };", /got the error "no"/],
  ])('by a module with %s is refused', async (name, text, words) => {
    const from = join(folder, `student-${name}.mjs`);
    writeFileSync(from, text);
    expect(await refusal(run(`refused-${name}`, { student: { from }, methods: ['student'] }))).toMatch(words);
  });
});

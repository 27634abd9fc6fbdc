import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  createNetwork,
  createRandom,
  loadModel,
  modelMetadata,
  resolveEngine,
  seedWeights,
} from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/model/index.js';
import { runConfig } from '../../src/run/run-config.js';
import type { ConfigOutcome } from '../../src/run/run-config.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'teacher-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const log = keptLog();
const run = (out: string, path: string, changes: object = {}): Promise<ConfigOutcome | undefined> =>
  runConfig({
    config: tinyConfig({ methods: ['kd'], seeds: [0], teacher: { path, model: 'resnet8' }, ...changes }),
    out: join(folder, out),
    existing: 'refuse',
    log,
  });

async function save(name: string, classes: number, place: string): Promise<string> {
  const { model } = buildModel(name, { imageShape: [12, 12, 3], classes });
  seedWeights(model, createRandom(1));
  const path = join(folder, place);
  await createNetwork(model).save(`file://${path}`);
  model.dispose();
  return path;
}

beforeAll(async () => {
  await resolveEngine('wasm');
});

describe('a given teacher', () => {
  it.each([
    ['folder', (path: string) => path],
    ['relative folder', (path: string) => relative('.', path)],
    ['model.json', (path: string) => join(path, 'model.json')],
    ['URL', (path: string) => `file://${path}`],
  ])('is taken as %s', async (what, written) => {
    const path = await save('resnet8', 6, 'right');
    const out = `by-${what.replace(' ', '-')}`;
    const { report } = (await run(out, written(path))) as ConfigOutcome;
    expect(report.teacher.model).toBe('resnet8');
    expect(report.config.teacher.path).toMatch(/^(file:\/\/)?\//);
  });

  it('of other classes, or of another size than it is said to take, is refused before anybody reads its accuracy', async () => {
    log.lines.length = 0;
    const classes = await save('resnet8', 10, 'ten');
    expect(await refusal(run('classes', classes))).toMatch(
      /a network of images \[12, 12, 3\] and 6 classes, .*got one of \[12, 12, 3\] and 10 classes/,
    );
    const right = await save('resnet8', 6, 'right');
    const said = { teacher: { path: right, model: 'resnet8', imageSize: 16 } };
    expect(await refusal(run('images', right, said))).toMatch(
      /images \[16, 16, 3\].*got one of \[12, 12, 3\]/,
    );
    expect(log.lines).toEqual([]);
    expect(existsSync(join(folder, 'classes'))).toBe(false);
  });

  it('of one image size gets that size, and the run says so', async () => {
    log.lines.length = 0;
    const right = await save('resnet8', 6, 'right');
    const larger = { dataset: { imageSize: 16, trainSize: 108, testSize: 36, classes: 6, superclasses: 3 } };
    const { report } = (await run('larger', right, larger)) as ConfigOutcome;
    expect(log.lines.filter((line) => line.startsWith('The teacher takes images'))).toEqual([
      "The teacher takes images of 12×12 pixels, so the data's images are resized for it.",
    ]);
    expect(report.teacher.testAccuracy).toBeGreaterThanOrEqual(0);
  });

  it('of the zoo under another name is refused, with its own', async () => {
    expect(await refusal(run('label', await save('resnet14', 6, 'fourteen')))).toMatch(
      /teacher.model: expected the network stored in .*, resnet14, got resnet8. Set the teacher's model to resnet14/,
    );
  });

  it('from outside the zoo keeps its own name and layer names', async () => {
    const own = createNetwork(
      tf.sequential({
        name: 'mine',
        layers: [
          tf.layers.conv2d({ inputShape: [12, 12, 3], filters: 4, kernelSize: 3, name: 'look' }),
          tf.layers.globalAveragePooling2d({ name: 'pool' }),
          tf.layers.dense({ units: 6, name: 'decide' }),
        ],
      }),
    );
    await own.save(`file://${join(folder, 'own')}`);
    const { report } = (await run('own-run', join(folder, 'own'))) as ConfigOutcome;
    expect(report.teacher.model).toBe('mine');
    expect(report.teacher.parameters).toBe(own.parameters);
    own.dispose();
  });

  it('that does not exist is one clear error', async () => {
    expect(await refusal(run('nowhere', 'nowhere'))).toMatch(
      /nowhere\/model.json: expected a tfjs layers model/,
    );
    expect(await refusal(run('nowhere', 'http://127.0.0.1:1/model.json'))).toMatch(
      /teacher.path: expected a tfjs layers model at http/,
    );
  });
});

describe('the networks of a run', () => {
  it('record what is needed to use them, the given teacher too', async () => {
    const path = await save('resnet8', 6, 'told');
    const { report } = (await run('telling', path)) as ConfigOutcome;
    expect(report.rows).not.toEqual([]);
    const places = ['teacher/model', 'kd/0/student'].map((place) => join(folder, 'telling', place));
    const told = await Promise.all(places.map(async (place) => modelMetadata(await loadModel(place))));
    expect(told[0]).toMatchObject({ imageSize: [12, 12, 3], channels: 'rgb', scale: 255, output: 'logits' });
    expect(told[0]?.normalization.mean.length).toBe(3);
    expect(told[1]).toEqual(told[0]);
  });
});

it('a trained teacher has a seed of its own, which no student depends on', async () => {
  const digests = async (out: string, seed?: number): Promise<(string | undefined)[]> => {
    const methods = ['student'];
    const teacher = { path: undefined, model: 'plain8', epochs: 1, ...(seed !== undefined && { seed }) };
    await runConfig({
      config: tinyConfig({ methods, seeds: [0], epochs: 1, teacher }),
      out: join(folder, out),
      existing: 'refuse',
      log,
    });
    const places = ['teacher', 'student/0'].map((place) => join(folder, out, place, 'result.json'));
    return places.map(
      (place) => (JSON.parse(readFileSync(place, 'utf8')) as { readonly modelDigest?: string }).modelDigest,
    );
  };
  const [usual, zero, one] = [await digests('usual'), await digests('zero', 0), await digests('one', 1)];
  expect(usual[0]).toMatch(/^[0-9a-f]+$/);
  expect(zero).toEqual(usual);
  expect(one[0]).not.toBe(usual[0]);
  expect(one[1]).toBe(usual[1]);

  expect(() => tinyConfig({ teacher: { path: 'mine', seed: 1 } })).toThrow(
    /teacher\.seed: expected no such field with a trained teacher/,
  );
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  arrayDataset,
  loadTeacher,
  metadataOf,
  resolveEngine,
  saveModel,
  setModelMetadata,
} from '@distilljs/core';
import type { Dataset, Normalization } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runBench } from '../../src/index.js';
import type { BenchOptions } from '../../src/index.js';
import { keptLog, refusal } from '../run/tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'saved-teacher-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
beforeAll(async () => {
  await resolveEngine('wasm');
});

const GREYS = ['dark', 'mid', 'light'];

/** Images of three greys: 30, 115 and 200. */
function greys(size: number): Dataset {
  const labels = Array.from({ length: size }, (_, at) => at % 3);
  const images = labels.flatMap((label) => Array.from({ length: 8 * 8 * 3 }, () => 30 + 85 * label));
  return arrayDataset({ images, labels, imageShape: [8, 8, 3], classes: 3, name: 'greys' });
}

const PLAIN: Normalization = { mean: [0, 0, 0], std: [1, 1, 1] };

/** Tells the greys apart by red, for pixels in 0…1. Without `unit`, its last output is for no class. */
async function greyTeacher(place: string, unit?: object): Promise<string> {
  const units = unit === undefined ? 4 : 3;
  const model = sequential({
    layers: [layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }), layers.dense({ units })],
  });
  tf.tidy(() => {
    const red = [-30, 0, 30, 0].slice(0, units);
    const none = red.map(() => 0);
    model.layers[1]?.setWeights([
      tf.tensor2d([red, none, none]),
      tf.tensor1d([9, 0, -20, -99].slice(0, units)),
    ]);
  });
  if (unit !== undefined)
    setModelMetadata(model, {
      ...metadataOf({ imageShape: [8, 8, 3], classNames: GREYS }, PLAIN),
      ...unit,
    });
  const path = join(folder, place);
  await saveModel(model, path);
  model.dispose();
  return path;
}

const student = ({ imageShape, classes }: { imageShape: readonly number[]; classes: number }): LayersModel =>
  sequential({
    layers: [
      layers.globalAveragePooling2d({ inputShape: [...imageShape] }),
      layers.dense({ units: classes }),
    ],
  });

/** The teacher's accuracy in a run, and what the run said. */
async function measured(
  out: string,
  teacher: BenchOptions['teacher'],
  more: Partial<BenchOptions> = {},
): Promise<{ readonly accuracy: number | null | undefined; readonly said: string }> {
  const log = keptLog();
  const data = { train: greys(36), test: greys(24), classNames: GREYS };
  const tiny = { engine: 'wasm', epochs: 1, batchSize: 12, data, student, methods: ['kd'] } as const;
  const outcome = await runBench({ ...tiny, teacher, ...more, log, out: join(folder, out) });
  return { accuracy: outcome?.report.teacher.testAccuracy, said: log.lines.join('\n') };
}

describe('the preprocessing of a saved teacher', () => {
  it('is used from its folder, behind a URL, and as a program loads it', async () => {
    const path = await greyTeacher('grey', {});
    const server = createServer((request, response) => {
      response.end(readFileSync(join(folder, request.url?.replace(/\?.*/, '') ?? '')));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/grey/model.json`;
    const frozen = await loadTeacher(path);
    const doubt = /expects images with|near chance/;
    for (const [at, teacher] of [{ path }, { path: url }, frozen].entries()) {
      const { accuracy, said } = await measured(`place-${at}`, teacher);
      expect([at, accuracy, doubt.test(said)]).toEqual([at, 1, false]);
    }
    const again = await measured('place-1', { path: url }, { existing: 'resume', seeds: [0, 1] });
    expect([again.accuracy, doubt.test(again.said)]).toEqual([1, false]);
    frozen.dispose();
  });

  it('may be of pixels that were divided by another number than 255', async () => {
    const bytes = { mean: [0, 0, 0], std: [255, 255, 255] };
    const path = await greyTeacher('grey-bytes', { scale: 1, normalization: bytes });
    expect((await measured('bytes', { path })).accuracy).toBe(1);
  });
});

describe('the class names of a teacher', () => {
  it.each([
    ['with one for the background', ['background', ...GREYS, 'other'], "5 (from 'background' to 'other')"],
    ['with a line too few', GREYS, "3 (from 'dark' to 'light')"],
  ])('must be one per logit: a list %s', async (what, names, got) => {
    // prettier-ignore
    const path = await greyTeacher('unnamed');
    const file = join(folder, 'names.txt');
    writeFileSync(file, `${names.join('\n')}\n`);
    const said = await refusal(measured(what, { path, normalization: 'zero-one', classes: file }));
    expect(said).toContain(
      `classes: expected 4 names, one per logit, got ${got}. Does the list have a header`,
    );
  });

  it('that its own file lists ask nothing of data without names', async () => {
    const path = await greyTeacher('grey-unnamed', {});
    const data = { train: greys(36), test: greys(24) };
    expect((await measured('no-names', { path }, { data })).accuracy).toBe(1);
    const said = await refusal(measured('no-names-2', { path, classes: GREYS }, { data }));
    expect(said).toContain('teacher.classes: expected a dataset whose classes have names');
  });

  it('may not change between the attempts of a run', async () => {
    const path = await greyTeacher('grey-edited');
    const file = join(folder, 'edited.txt');
    const teacher = { path, normalization: 'zero-one', classes: file } as const;
    writeFileSync(file, 'light\nmid\ndark\nother\n');
    expect((await measured('edited', teacher)).accuracy).toBeLessThan(0.5);
    writeFileSync(file, 'dark\nmid\nlight\nother\n');
    const resume: Partial<BenchOptions> = { existing: 'resume', seeds: [0, 1] };
    expect(await refusal(measured('edited', teacher, resume))).toContain(
      `teacher.classes, ${file}: expected the class names that the run was started with, got others.`,
    );
    writeFileSync(file, 'light\nmid\ndark\nother\n');
    expect((await measured('edited', teacher, resume)).accuracy).toBeLessThan(0.5);
  });
});

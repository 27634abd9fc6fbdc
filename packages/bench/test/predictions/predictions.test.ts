import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDistillError, readSafetensors } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import {
  cellMetrics,
  correctness,
  decodePredictions,
  probabilitiesOf,
  recordPredictions,
} from '../../src/predictions/index.js';
import type { Predictions } from '../../src/predictions/index.js';

interface Fixture {
  readonly labels: readonly number[];
  readonly network: readonly (readonly number[])[];
  readonly teacher: readonly (readonly number[])[];
  readonly scores: Readonly<Record<string, number>>;
  readonly perClass: readonly number[];
  readonly confusion: readonly (readonly number[])[];
}
const fixture = JSON.parse(readFileSync(new URL('fixtures/scores.json', import.meta.url), 'utf8')) as Fixture;

interface Rows {
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly classNames?: readonly string[];
  readonly mostBytes?: number;
}
function fileOf({ rows, labels, classNames, mostBytes }: Rows): Uint8Array {
  const data = { size: rows.length, labels: Int32Array.from(labels), classNames, fingerprint: 'abc' };
  const record = recordPredictions(data, rows[0]?.length ?? 0, mostBytes);
  rows.forEach(record.add);
  return record.encode();
}
const predictionsOf = (given: Rows): Predictions => decodePredictions(fileOf(given), 'file');

describe('figures of kept predictions', () => {
  const network = predictionsOf({ rows: fixture.network, labels: fixture.labels });
  const teacher = predictionsOf({ rows: fixture.teacher, labels: fixture.labels });
  const found = cellMetrics(network, teacher);

  it.each(Object.entries(fixture.scores))('agree with scikit-learn and torchmetrics: %s', (name, value) => {
    // torchmetrics computes the calibration error in 32 bits.
    expect(found[name as keyof typeof found]).toBeCloseTo(value, name === 'ece' ? 6 : 9);
  });

  it('count per class as scikit-learn does', () => {
    expect(found.confusion).toEqual(fixture.confusion);
    found.perClass.forEach((share, at) => {
      expect(share).toBeCloseTo(fixture.perClass[at] ?? NaN, 12);
    });
    const images = found.calibration.reduce((sum, bin) => sum + bin.images, 0);
    expect([found.calibration.length, images, found.images]).toEqual([15, 80, 80]);
  });

  it('agree perfectly with themselves', () => {
    expect(cellMetrics(network, network)).toMatchObject({ agreement: 1, kl: 0 });
    expect(cellMetrics(network)).toMatchObject({ agreement: null, kl: null });
  });

  it('have no top-5 among five classes, and no accuracy of a class without images', () => {
    const five = cellMetrics(predictionsOf({ rows: [[0, 1, 0, 0, 0]], labels: [1] }));
    expect(five).toMatchObject({ top1: 1, top5: null, perClass: [null, 1, null, null, null] });
  });

  it('count an image without numbers as wrong, and as a guess among all classes', () => {
    const broken = predictionsOf({
      rows: [
        [NaN, 0, 1, 2],
        [9, 0, 0, 0],
      ],
      labels: [0, 0],
    });
    const { top1, nll, brier } = cellMetrics(broken);
    expect(top1).toBe(0.5);
    // ln 4 of the first, ln(1 + 3 e⁻⁹) of the second; (3/4)² + 3 (1/4)² = 3/4 of the first.
    expect(nll).toBeCloseTo((Math.log(4) + Math.log(1 + 3 * Math.exp(-9))) / 2, 4);
    expect(brier).toBeCloseTo(0.375, 5);
    expect([...correctness(broken)]).toEqual([0, 1]);
  });

  it('keep which class is predicted, however close the next is', () => {
    const rows = [
      [1, 1 + 1e-7],
      [1 + 1e-7, 1],
      [3, 3],
    ].map((row) => Float32Array.from(row) as unknown as number[]);
    expect([...correctness(predictionsOf({ rows, labels: [1, 0, 0] }))]).toEqual([1, 1, 1]);
  });

  it('stay finite where a network is as sure as can be and wrong', () => {
    const { nll, kl } = cellMetrics(
      predictionsOf({ rows: [[1e6, 0]], labels: [1] }),
      predictionsOf({ rows: [[0, 1e6]], labels: [1] }),
    );
    expect(nll).toBeGreaterThan(700);
    expect(Number.isFinite(kl)).toBe(true);
  });
});

describe('predictions of very many classes', () => {
  const rows = [0, 1].map((row) => Array.from({ length: 30 }, (_, at) => ((at * 7 + row * 3) % 30) / 4));
  const cut = predictionsOf({ rows, labels: [0, 4], mostBytes: 100 });
  const whole = predictionsOf({ rows, labels: [0, 4] });

  it('keep the highest, the right class and the sum of the others', () => {
    expect([cut.logits.kind, whole.logits.kind]).toEqual(['highest', 'all']);
    for (const image of [0, 1]) {
      const [few, all] = [new Float64Array(30), new Float64Array(30)];
      expect(probabilitiesOf(cut, image, few)).toBe(probabilitiesOf(whole, image, all));
      expect(few.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      const label = cut.labels[image] ?? 0;
      expect(few[label]).toBeCloseTo(all[label] ?? NaN, 4);
      few.forEach((share, at) => {
        expect(Math.abs(share - (all[at] ?? NaN))).toBeLessThan(2e-3);
      });
    }
    const [few, all] = [cellMetrics(cut), cellMetrics(whole)];
    expect(few.nll).toBeCloseTo(all.nll, 2);
    expect(few.brier).toBeCloseTo(all.brier, 3);
    expect([few.top1, few.top5]).toEqual([all.top1, all.top5]);
  });
});

describe('the file', () => {
  const given = {
    rows: [
      [0, 1, 2],
      [2, 1, 0],
    ],
    labels: [2, 1],
    classNames: ['a', 'b', 'ü'],
  };

  it('is a safetensors file that says what it is of', () => {
    const file = readSafetensors(fileOf(given), 'file');
    expect(Object.entries(file.tensors).map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['labels', 'I32', [2]],
      ['logits', 'F16', [2, 3]],
    ]);
    expect(predictionsOf(given)).toMatchObject({
      ...{ fingerprint: 'abc', images: 2, classes: 3, classNames: ['a', 'b', 'ü'] },
      logits: { values: Float32Array.from([-2, -1, 0, 0, -1, -2]) },
    });
  });

  const refusal = (bytes: Uint8Array): string => {
    try {
      decodePredictions(bytes, 'RUN/kd/0/predictions.safetensors');
    } catch (error) {
      if (isDistillError(error) && error.code === 'data') return error.message;
      throw error;
    }
    return '';
  };

  it('is refused with any byte changed, or cut', () => {
    const file = fileOf(given);
    for (let at = 0; at < file.length; at++) {
      const other = file.slice();
      other[at] = (other[at] ?? 0) ^ 1;
      expect(refusal(other), `byte ${at}`).toMatch(/Remove the file; `distill-bench predictions RUN`/);
    }
    expect(refusal(file.subarray(0, file.length - 1))).toMatch(/predictions\.safetensors/);
    expect(refusal(new Uint8Array())).toMatch(/a file of predictions/);
  });

  /** A file whose digest fits what it says. */
  const written = (
    change: (metadata: Record<string, string>, entries: Record<string, object>, data: Uint8Array) => void,
    file = fileOf(given),
  ): Uint8Array => {
    const start = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, start))) as {
      __metadata__: Record<string, string>;
    };
    const { __metadata__: all, ...entries } = header;
    const metadata = { ...all };
    delete metadata['sha256'];
    const data = file.slice(start);
    change(metadata, entries, data);
    const sha256 = createHash('sha256')
      .update(JSON.stringify([metadata, entries]))
      .update(data)
      .digest('hex');
    const text = new TextEncoder().encode(
      JSON.stringify({ __metadata__: { ...metadata, sha256 }, ...entries }),
    );
    const other = new Uint8Array(8 + text.length + data.length);
    new DataView(other.buffer).setBigUint64(0, BigInt(text.length), true);
    other.set(text, 8);
    other.set(data, 8 + text.length);
    return other;
  };

  it.each<[string, Parameters<typeof written>[0], string]>([
    ['a width that is no number', (metadata) => (metadata['width'] = 'three'), 'a width of 3, got three'],
    ['a width that is not its own', (metadata) => (metadata['width'] = '4'), 'a width of 3, got 4'],
    ['no width', (metadata) => delete metadata['width'], 'a width of 3, got undefined'],
    [
      'class names that are no JSON',
      (metadata) => (metadata['classNames'] = 'a, b'),
      'a list of at most 3 class names, got a, b',
    ],
    [
      'class names that are no list',
      (metadata) => (metadata['classNames'] = '{"length":2}'),
      'a list of at most 3 class names, got {"length":2}',
    ],
    [
      'more class names than classes',
      (metadata) => (metadata['classNames'] = '["a","b","c","d"]'),
      'a list of at most 3 class names, got ["a","b","c","d"]',
    ],
    [
      'labels of another shape',
      (_, entries) => Object.assign(entries['labels'] ?? {}, { shape: [2, 1] }),
      'labels: I32 of shape [2], got I32 of shape [2, 1]',
    ],
    [
      'logits of another type',
      (_, entries) => Object.assign(entries['logits'] ?? {}, { dtype: 'I16' }),
      'logits: F16 of shape [2, 3], got I16 of shape [2, 3]',
    ],
    ['a label that is no class', (_, __, data) => (data[0] = 3), 'class indices from 0 to 2, got 3'],
  ])('is refused with %s, though its digest fits', (_, change, message) => {
    expect(
      decodePredictions(
        written(() => undefined),
        'file',
      ),
    ).toEqual(predictionsOf(given));
    expect(refusal(written(change))).toContain(message);
  });

  it('is refused without a part of the highest logits, though its digest fits', () => {
    const rows = [Array.from({ length: 30 }, (_, at) => at)];
    const cut = fileOf({ rows, labels: [4], mostBytes: 10 });
    const renamed = written((_, entries) => {
      entries['other'] = entries['rest'] ?? {};
      delete entries['rest'];
    }, cut);
    expect(refusal(renamed)).toContain('rest: F16 of shape [1], got nothing');
  });
});

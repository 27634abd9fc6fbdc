import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrayDataset } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli.js';
import type { RunMetrics } from '../../src/metrics/index.js';
import { expectIdentities } from '../../src/metrics/measure-run.js';
import { TINY_RUN } from '../run/tiny-run.js';
import { imageTree, png } from '../dataset/image-files.js';
import { heard } from '../terminal/heard.js';

const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
const run = join(folder, 'run');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const output = heard();

describe('distill-bench metrics', () => {
  beforeAll(async () => {
    output.listen();
    expect(await main(['run', ...TINY_RUN, '--methods', 'student,dml', '--out', run]), output.said).toBe(0);
  });

  it('measures the teacher and every finished student by the input of its last layer', async () => {
    expect(await main(['metrics', run]), output.said).toBe(0);
    expect(output.printed).toMatch(/: 36 images; embedding global_pool \(/);
    expect(output.printed).toMatch(/│ method +│ +recall@1 % │/);
    // Shares of false accepts are shown in per cent too: 0.01 and 0.001.
    expect(output.printed).toMatch(/│ TAR %, FAR 1 % │ TAR %, FAR 0\.1 % │/);
    expect(output.printed).toMatch(/│ student +│ +\d+\.\d\d ± \d+\.\d\d │/);
    const metrics = JSON.parse(readFileSync(join(run, 'report/metrics.json'), 'utf8')) as RunMetrics;
    expect(metrics.methods.map(({ method }) => method)).toEqual(['teacher', 'student', 'dml']);
    const student = metrics.networks.filter(({ method }) => method === 'student');
    expect(student.map(({ seed }) => seed)).toEqual([0, 1]);
    // Both networks of the pair are the student's model; each seed counts once.
    expect(metrics.networks.filter(({ method }) => method === 'dml')).toHaveLength(4);
    expect(metrics.methods[2]?.measures['recall@1']?.n).toBe(2);
    for (const { measures } of metrics.networks) {
      const recalls = [1, 2, 4, 8].map((k) => measures[`recall@${k}`] ?? NaN);
      expect(recalls).toEqual([...recalls].sort((a, b) => a - b));
      expect(measures['cosine within']).toBeGreaterThan(measures['cosine between'] ?? NaN);
    }
  });

  it('is shown in the report', async () => {
    expect(await main(['report', run]), output.said).toBe(0);
    const page = readFileSync(join(run, 'report/index.html'), 'utf8');
    const section = /<section id="embeddings".*?<\/section>/s.exec(page)?.[0] ?? '';
    expect(section).toContain('36 images');
    for (const name of ['recall@1 %', 'cosine within', '>dml<', '>teacher<']) expect(section).toContain(name);
    expect(section).toContain('output of global_pool recognizes');
    const file = join(run, 'report/metrics.json');
    const kept = readFileSync(file);
    // As if seed 1 of a method had been trained after the embeddings were measured, at another layer.
    const before = JSON.parse(kept.toString()) as RunMetrics;
    const early = before.networks
      .filter(({ method, seed }) => method !== 'dml' || seed === 0)
      .map((network) => ({ ...network, tap: 'stage1' }));
    writeFileSync(file, JSON.stringify({ ...before, networks: early }));
    output.listen();
    expect(await main(['report', run]), output.said).toBe(0);
    const later = readFileSync(join(run, 'report/index.html'), 'utf8');
    expect(later).toContain('output of stage1 recognizes');
    expect(later).toContain('Embeddings are not measured for dml/1: `distill-bench metrics RUN` does so.');
    writeFileSync(file, '{}');
    expect(await main(['report', run])).toBe(1);
    expect(output.said).toMatch(/metrics\.json: expected the file as it was written/);
    writeFileSync(file, kept);
  });

  it('takes another layer, as JSON, and says which layers there are', async () => {
    expect(await main(['metrics', run, '--tap', 'classifier', '--json']), output.said).toBe(0);
    const [{ networks }] = JSON.parse(output.printed) as readonly [RunMetrics];
    expect(networks[0]).toMatchObject({ tap: 'classifier', width: 6 });
    expect(await main(['metrics', run, '--tap', 'embeding'])).toBe(1);
    expect(output.said).toContain("expected the name of a layer, got 'embeding'");
  });

  it('takes the names that the run has for layers, and a teacher with its own normalization', async () => {
    expect(await main(['metrics', run, '--tap', 'stage1', '--json']), output.said).toBe(0);
    const [named] = JSON.parse(output.printed) as readonly [RunMetrics];
    expect(named.networks[0]).toMatchObject({ tap: 'stage1' });
    const other = join(folder, 'own-input');
    const teacher = ['--teacher', join(run, 'teacher/model'), '--set', 'teacher.normalization=minus-one-one'];
    output.listen();
    expect(
      await main(['run', ...TINY_RUN, '--methods', 'student', ...teacher, '--out', other]),
      output.said,
    ).toBe(0);
    output.listen();
    expect(await main(['metrics', run, '--json']), output.said).toBe(0);
    const [plain] = JSON.parse(output.printed) as readonly [RunMetrics];
    output.listen();
    expect(await main(['metrics', other, '--json']), output.said).toBe(0);
    const [{ networks }] = JSON.parse(output.printed) as readonly [RunMetrics];
    expect(networks.map(({ method }) => method)).toEqual(['teacher', 'student', 'student']);
    // It sees other values than it was trained with, and has other embeddings.
    expect(networks[0]?.measures).not.toEqual(plain.networks[0]?.measures);
  });

  it('takes identities and cameras of a list: each test image is a query for the others', async () => {
    const rows = Array.from({ length: 24 }, (_, at) => ({
      path: `${at}.png`,
      file: png(8, 8, [40 * (at % 4), at, 90]),
      fields: [at % 2 ? 'cat' : 'dog', at < 12 ? 'train' : 'test', `animal-${at % 4}`, at % 3],
    }));
    const tree = imageTree(Object.fromEntries(rows.map(({ path, file }) => [path, file])));
    tree.write(
      'list.csv',
      ['path,label,split,identity,camera', ...rows.map(({ path, fields }) => [path, ...fields].join())].join(
        '\n',
      ),
    );
    const dataset = { name: 'list', file: join(tree.dir, 'list.csv'), imageSize: 8, cacheDir: tree.cacheDir };
    const network = { model: 'plain8' };
    const config = {
      engine: 'cpu',
      dataset,
      teacher: { ...network, epochs: 1 },
      student: network,
      methods: ['student'],
      seeds: [0],
      epochs: 1,
      batchSize: 8,
    };
    tree.write('run.yaml', JSON.stringify(config));
    const out = join(folder, 'listed');
    output.listen();
    expect(await main(['run', '--config', join(tree.dir, 'run.yaml'), '--out', out]), output.said).toBe(0);
    output.listen();
    expect(await main(['metrics', out, '--json']), output.said).toBe(0);
    const [{ images, networks }] = JSON.parse(output.printed) as readonly [RunMetrics];
    expect(images).toBe('12 queries, 12 in the gallery');
    expect(Object.keys(networks[0]?.measures ?? {})).toEqual(['rank-1', 'rank-5', 'rank-10', 'mAP']);
    tree.remove();
  });

  it('refuses test images of one class, or without labels', () => {
    const images = new Uint8Array(2 * 4);
    const data = { name: 'odd', images, imageShape: [2, 2, 1] as const, classes: 2 };
    for (const [labels, got] of [
      [[1, 1], 'one class alone'],
      [[0, -1], 'images without a label'],
    ] as const)
      expect(() => {
        expectIdentities(arrayDataset({ ...data, labels }));
      }).toThrow(
        `dataset 'odd', test images: expected labels of at least two classes, to measure embeddings with, got ${got}`,
      );
  });

  it('refuses a folder that is no run', async () => {
    expect(await main(['metrics', folder])).toBe(1);
    expect(output.said).toContain('expected a run folder, got none. Make one with `distill-bench run`.');
  });
});

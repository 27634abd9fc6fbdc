import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@distilljs/core';
import { expect, it } from 'vitest';
import { main } from '../../src/cli.js';
import { explainRun } from '../../src/explain/index.js';
import type { ExplainedRun } from '../../src/explain/index.js';
import type { MethodResult } from '../../src/report/index.js';
import { configurableMethods, createMethod, findMethod } from '../../src/run/method-catalog.js';
import { refusal } from './tiny-bench.js';
import { TINY_RUN } from './tiny-run.js';

const METHODS = ['student', 'cckd+vam', 'kdexplainer', 'kdexplainer-plain', 'kdexplainer-label-smoothing'];

it('offers every other method with virtual attention, under options of both', () => {
  expect(configurableMethods).toEqual(
    expect.arrayContaining(['vam', 'student+vam', 'kd+vam', 'cckd+vam', 'mhgd+vam', 'afd+vam']),
  );
  expect(configurableMethods).not.toContain('vam+vam');
  expect(findMethod('kdexplainer+vam')).toBeUndefined();
  const { options } = createMethod('cckd+vam', { beta: 3, gamma: 0.1, blockSize: 4 });
  expect(options).toMatchObject({ beta: 3, gamma: 0.1, blockSize: 4, rescale: 'none' });
  expect(() => createMethod('cckd+vam', { bta: 3 })).toThrow(/Did you mean 'beta'\?/);
  expect(() => createMethod('cckd+vam', { gamma: 0.4, vamGamma: -1 })).toThrow(
    /^cckd\+vam\.vamGamma: .*got -1/,
  );
  for (const name of ['vam', 'kd+vam', 'kdexplainer']) {
    const [given, meant] = name === 'kdexplainer' ? ['width', 'widths'] : ['blocksize', 'blockSize'];
    expect(() => createMethod(name, { [given]: 4 })).toThrow(
      new RegExp(`^${name.replace('+', '\\+')}: .*Did you mean '${meant}'`),
    );
    expect(createMethod(name, { [meant]: undefined }).options).toEqual(createMethod(name).options);
  }
  expect(() => createMethod('vam', { blockSize: 0 })).toThrow(/^vam\.blockSize: .*got 0/);
  expect(() => createMethod('kd+vam', { rescale: 'foo' })).toThrow(
    /^kd\+vam\.rescale: expected one of "none"/,
  );
  expect(() => createMethod('kdexplainer', { widths: [16] })).toThrow(/^kdexplainer\.widths: .*got \[16\]/);
  expect(createMethod('vam').options).toMatchObject({
    ceWeight: 0.1,
    kdWeight: 0.9,
    gamma: 0.01,
    blockSize: 8,
  });
});

it('trains students with attention and experts, saves plain students, and explains the run', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'attention-')), 'run');
  const settings = ['--methods', METHODS.join(','), '--out', folder, '--seeds', '0', '--epochs', '2'];
  const all = TINY_RUN.filter(
    (entry, at) =>
      !['--seeds', '--epochs'].includes(TINY_RUN[at - 1] ?? entry) &&
      !['--seeds', '--epochs'].includes(entry),
  );
  expect(await main(['run', ...all, ...settings])).toBe(0);
  const resultOf = (method: string): MethodResult =>
    JSON.parse(readFileSync(join(folder, method, '0/result.json'), 'utf8')) as MethodResult;
  const [plain, attending] = [resultOf('student'), resultOf('cckd+vam')];
  expect(attending.studentParameters).toBe(plain.studentParameters);
  expect(attending.studentMacs).toBe(plain.studentMacs);
  expect(attending.extraTrainParameters).toBeGreaterThan(0);
  expect(Object.keys(attending.epochs[0]?.terms ?? {})).toContain('attentionEntropy');
  const model = await loadModel(`file://${join(folder, 'cckd+vam/0/student')}`);
  expect(model.layers.map((layer) => layer.getClassName())).not.toContain('VamConv2D');
  model.dispose();

  expect(await main(['explain', folder])).toBe(0);
  const explained = JSON.parse(readFileSync(join(folder, 'report/explain.json'), 'utf8')) as ExplainedRun;
  expect(explained.trainings.map(({ method, training }) => [method, training])).toEqual([
    ['cckd+vam', undefined],
    ['kdexplainer', 'kd'],
    ['kdexplainer-plain', 'plain'],
    ['kdexplainer-label-smoothing', 'label-smoothing'],
  ]);
  expect(explained.trainings[0]?.layers.length).toBeGreaterThan(0);
  const experts = explained.trainings[1]?.experts;
  expect(experts?.levels.map(({ attention }) => attention.length)).toEqual([4, 4, 6]);
  expect(Object.keys(experts?.conflict ?? {})).toEqual(['hard', 'label-smoothing', 'kd']);
  expect(explained.findings).toHaveLength(2);
  const page = readFileSync(join(folder, 'report/explain.html'), 'utf8');
  for (const part of [
    'Side by side',
    'The tree',
    'Conflict',
    'Virtual attention',
    'kdexplainer-plain, seed 0',
  ])
    expect(page).toContain(part);

  // As in a merged folder: `merge` copies no checkpoints.
  rmSync(join(folder, 'kdexplainer/0/checkpoint'), { recursive: true });
  const { findings, trainings } = (await explainRun(folder)).explained;
  expect(trainings).toHaveLength(3);
  expect(findings).toContain('Left out, because their checkpoints are not in this folder: kdexplainer/0.');
  for (const method of METHODS)
    rmSync(join(folder, method, '0/checkpoint'), { recursive: true, force: true });
  expect(await refusal(explainRun(folder))).toMatch(
    /expected checkpoints of the trainings to explain, got none.*Explain the folders that were merged/,
  );

  // A look at a run trains nothing.
  rmSync(join(folder, 'teacher'), { recursive: true });
  expect(await refusal(explainRun(folder))).toMatch(/expected a run with a trained teacher, got none yet/);
  expect(existsSync(join(folder, 'teacher'))).toBe(false);
});

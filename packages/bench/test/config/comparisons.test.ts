import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig, resolveStudy } from '../../src/config/index.js';
import type { RunConfig } from '../../src/config/index.js';
import { planMethod } from '../../src/run/cohort.js';
import { configurableMethods } from '../../src/run/method-catalog.js';

const folder = join(import.meta.dirname, '../../comparisons');

/** Several tasks each, by what tells them apart. */
const STUDIES: Readonly<Record<string, (config: RunConfig) => unknown>> = {
  'mhgd-few-images.yaml': ({ dataset }) => ('trainSize' in dataset ? dataset.trainSize : undefined),
  'teachers.yaml': ({ teacher }) => teacher.seed,
};

/** Three seeds, but for these. */
const SEEDS: Readonly<Record<string, number>> = {
  'leaders.yaml': 10,
  'long.yaml': 5,
  'techniques-cifar100.yaml': 10,
  'techniques.yaml': 5,
  'kdexplainer.yaml': 5,
  'reid-cifar100.yaml': 5,
  'tuned.yaml': 5,
  'unlike-pair.yaml': 5,
};

describe('the comparisons that come with the bench', () => {
  const all = readdirSync(folder);
  const files = all.filter((name) => STUDIES[name] === undefined);

  it('exist for every technique', () => {
    expect(files).toEqual(expect.arrayContaining(['afd.yaml', 'mhgd.yaml', 'rtk.yaml', 'vam.yaml']));
  });

  it.each(files)('%s needs the data folder alone', (name) => {
    const config = resolveConfig({
      file: { text: readFileSync(join(folder, name), 'utf8'), name },
      flags: [{ dataset: { dir: 'data' } }],
      methodNames: configurableMethods,
    });
    const planned = config.methods.map((method) => planMethod(method, config.student.model));
    expect(planned.length).toBeGreaterThan(2);
    expect(config.seeds).toHaveLength(SEEDS[name] ?? 3);
  });

  it.each(Object.entries(STUDIES))('%s needs the data folder alone', (name, differsIn) => {
    const study = resolveStudy({
      file: { text: readFileSync(join(folder, name), 'utf8'), name },
      flags: [{ dataset: { dir: 'data' } }],
      methodNames: configurableMethods,
    });
    const tasks = 'tasks' in study ? study.tasks : [];
    const kinds = tasks.map(({ config }) => differsIn(config));
    expect(kinds).not.toContain(undefined);
    expect(new Set(kinds).size).toBe(tasks.length);
    expect(tasks.length).toBeGreaterThan(2);
    for (const { config } of tasks)
      for (const method of config.methods) expect(planMethod(method, config.student.model)).toBeDefined();
  });

  it('name a method alike wherever it is the same, so that one run folder can hold them all', () => {
    const methods = files.flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return resolveConfig({ file: { text, name }, flags: [{ dataset: { dir: 'data' } }] }).methods;
    });
    const known = new Map(methods.map((method) => [method.as, JSON.stringify(method)]));
    for (const method of methods) expect(JSON.stringify(method)).toBe(known.get(method.as));
  });
});

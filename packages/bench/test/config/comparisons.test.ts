import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig, resolveStudy } from '../../src/config/index.js';
import { planMethod } from '../../src/run/cohort.js';
import { configurableMethods } from '../../src/run/method-catalog.js';

const folder = join(import.meta.dirname, '../../comparisons');

/** Several tasks each. */
const STUDIES = ['mhgd-few-images.yaml'];

describe('the comparisons that come with the bench', () => {
  const all = readdirSync(folder);
  const files = all.filter((name) => !STUDIES.includes(name));

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
    const seeds = name.startsWith('leaders') ? 10 : name === 'techniques.yaml' ? 5 : 3;
    expect(config.seeds).toHaveLength(seeds);
  });

  it.each(STUDIES)('%s needs the data folder alone', (name) => {
    const study = resolveStudy({
      file: { text: readFileSync(join(folder, name), 'utf8'), name },
      flags: [{ dataset: { dir: 'data' } }],
      methodNames: configurableMethods,
    });
    const tasks = 'tasks' in study ? study.tasks : [];
    const sizes = tasks.map(({ config }) => 'trainSize' in config.dataset && config.dataset.trainSize);
    expect(sizes).toEqual([4421, 2210, 1105, 442]);
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

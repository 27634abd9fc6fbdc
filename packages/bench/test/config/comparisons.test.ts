import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.js';
import { planMethod } from '../../src/run/cohort.js';
import { configurableMethods } from '../../src/run/method-catalog.js';

const folder = join(import.meta.dirname, '../../comparisons');

describe('the comparisons that come with the bench', () => {
  const files = readdirSync(folder);

  it('are there for every technique', () => {
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
    expect(config.seeds).toHaveLength(3);
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

import * as core from '@distilljs/core';
import * as vam from '@distilljs/vam';
import * as layers from '@tensorflow/tfjs-layers';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const MODULES = { '@distilljs/core': core, '@distilljs/vam': vam, '@tensorflow/tfjs-layers': layers };

const PAGES = ['../README.md', '../../../docs/techniques/vam.md'];

it('the examples of the README and of the technique’s page run as they stand, one after the other', async () => {
  const texts = await Promise.all(PAGES.map((page) => readFile(new URL(page, import.meta.url), 'utf8')));
  const blocks = texts.flatMap((text) =>
    [...text.matchAll(/```js\n(?<code>.*?)```/gs)].map(({ groups }) => groups?.['code'] ?? ''),
  );
  expect(blocks).toHaveLength(2);
  const body = blocks
    .join('\n')
    .replace(/^import (\{[^}]+\}) from '([^']+)';$/gm, "const $1 = modules['$2'];");
  const said: unknown[] = [];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the README is ours
  const run = new Function('modules', 'console', `return (async () => {\n${body}\n})();`) as (
    modules: object,
    output: object,
  ) => Promise<void>;
  await run(MODULES, { log: (value: unknown) => said.push(value) });
  const [terms, classes, levels, groups] = said as [object, string[], [string, number][], unknown[]];
  expect(Object.keys(terms)).toEqual(['ce', 'kd', 'attentionEntropy']);
  expect(classes.filter((name) => name === 'Conv2D')).toHaveLength(2);
  expect(levels.map(([name]) => name)).toEqual(['attention3', 'attention4', 'attention_classes']);
  expect(groups.length).toBeGreaterThan(0);
});

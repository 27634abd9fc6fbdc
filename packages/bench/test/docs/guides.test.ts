import * as core from '@distilljs/core';
import * as layers from '@tensorflow/tfjs-layers';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/index.js';

const page = readFileSync(new URL('../../../../docs/coming-from.md', import.meta.url), 'utf8');
const marked = (mark: string): string[] =>
  [...page.matchAll(new RegExp(`<!-- ${mark} -->\\s*\`\`\`\\w+\\n(.*?)\`\`\``, 'gs'))].map(
    ([, code = '']) => code,
  );

describe('the guide for those who come from another toolkit', () => {
  it('has code that runs, block by block', async () => {
    const blocks = marked('runs');
    expect(blocks).toHaveLength(2);
    const body = blocks
      .join('\n')
      .replace(/^import \* as (\w+) from '([^']+)';$/gm, "const $1 = modules['$2'];")
      .replace(/^import (\{[^}]+\}) from '([^']+)';$/gm, "const $1 = modules['$2'];");
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page is ours
    const run = new Function('modules', 'console', `return (async () => {\n${body}\n})();`) as (
      modules: object,
      output: object,
    ) => Promise<void>;
    const said: unknown[] = [];
    const modules = { '@distilljs/core': core, '@tensorflow/tfjs-layers': layers };
    await run(modules, { log: (value: unknown) => said.push(value) });
    expect(said[0]).toEqual([null, 4]);
    expect(Object.keys(said[1] as object)).toEqual(['ce', 'kd']);
  });

  it.each(marked('config').map((text, at) => [at, text] as const))(
    'has configuration %i in order',
    (_, text) => {
      const { methods, epochs } = parseConfig(text, 'run.yaml');
      expect(methods.length).toBeGreaterThan(0);
      expect(epochs).toBeGreaterThan(10);
    },
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { methodCatalog } from '../../src/run/method-catalog.js';

const docs = join(import.meta.dirname, '../../../../docs/techniques');
const pages: Readonly<Record<string, string>> = { '@distilljs/core': 'kd' };

describe('the page of a technique', () => {
  it.each([...new Set(methodCatalog.map((entry) => entry.package))])(
    'of %s names every option of its methods',
    (name) => {
      const page = pages[name] ?? name.replace('@distilljs/', '');
      const text = readFileSync(join(docs, `${page}.md`), 'utf8');
      const options = text.slice(text.indexOf('## Options'), text.indexOf('## Where it differs'));
      const all = methodCatalog
        .filter((entry) => entry.package === name && !entry.name.endsWith('+vam'))
        .flatMap(({ defaults }) => Object.keys(defaults));
      expect([...new Set(all)].filter((option) => !options.includes(`\`${option}\``))).toEqual([]);
    },
  );
});

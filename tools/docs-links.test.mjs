import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { linkedFiles, repositoryLinks, shown } from '../docs/.vitepress/repository-links.mjs';

const docs = join(import.meta.dirname, '../docs');
const techniques = readdirSync(join(docs, 'techniques')).filter((name) => name.endsWith('.md'));

describe('links of the documentation', () => {
  it('lead to files that exist, each with a page that shows it', () => {
    const files = linkedFiles();
    expect(files).toContain('packages/core/src/loss/hinton-kd.ts');
    expect(shown('packages/core/src/loss/hinton-kd.ts')).toContain('export function hintonKd');
    expect(files.map(shown).filter((text) => text.length < 20)).toEqual([]);
  });

  it.each([
    ...techniques.map((name) => [`techniques/${name}`, '## Equations', '## Options']),
    ['coming-from.md', '**Where is each loss?**', 'What differs: seeds'],
  ])('of the equations of %s lead to files that declare the names beside them', (page, from, to) => {
    const text = readFileSync(join(docs, page), 'utf8');
    const table = text.slice(text.indexOf(from), text.indexOf(to));
    // One is the head, one the line below it.
    const rows = table
      .split('\n')
      .filter((line) => line.startsWith('|') && !line.includes('| not here'))
      .slice(2);
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      const places = [...row.matchAll(/(?<names>(?:`\w+`(?:, )?)+) in \[`[^`]+`\]\((?<file>[^)]+)\)/g)];
      expect(places, row).not.toEqual([]);
      for (const { groups: { names = '', file = '' } = {} } of places) {
        const source = readFileSync(join(docs, dirname(page), file), 'utf8');
        const declared = [...source.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)];
        expect(
          declared.map(([, found]) => found),
          row,
        ).toEqual(expect.arrayContaining([...names.matchAll(/`(\w+)`/g)].map(([, found]) => found)));
      }
    }
  });
});

describe('a name beside the link of its file', () => {
  it('leads to the line that declares it', () => {
    const page = new MarkdownIt().use(repositoryLinks);
    const text = '`L` in words, `hintonKd` in [`hinton-kd.ts`](../../packages/core/src/loss/hinton-kd.ts)';
    const html = page.render(text, { path: join(docs, 'techniques/kd.md') });
    const lines = readFileSync(join(docs, '../packages/core/src/loss/hinton-kd.ts'), 'utf8').split('\n');
    const line = lines.findIndex((found) => found.startsWith('export function hintonKd')) + 1;
    const place = `/source/packages/core/src/loss/hinton-kd-ts.html#L${line}`;
    expect(html).toContain(`<a href="${place}"><code>hintonKd</code></a>`);
    expect(html).toContain(`<a href="${place}"><code>hinton-kd.ts</code></a>`);
    expect(html).toContain('<code>L</code> in words');
  });
});

it('the architecture names every folder of core and of the bench', () => {
  const [core = '', bench = ''] = readFileSync(join(docs, 'architecture.md'), 'utf8').split('## Bench');
  for (const [name, text] of Object.entries({ core, bench })) {
    const folders = readdirSync(join(docs, `../packages/${name}/src`), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders.filter((folder) => !text.includes(`| \`${folder}/\` `))).toEqual([]);
  }
});

describe('the first page', () => {
  it('has front matter that reads as YAML and leads to pages that exist', () => {
    const [, matter = ''] =
      /^---\n([\s\S]*?)\n---\n/.exec(readFileSync(join(docs, 'index.md'), 'utf8')) ?? [];
    const { hero, features } = parse(matter);
    const places = [...hero.actions, ...features].map(({ link }) => `${link.split('#')[0].slice(1)}.md`);
    expect(places.filter((place) => !existsSync(join(docs, place)))).toEqual([]);
  });
});

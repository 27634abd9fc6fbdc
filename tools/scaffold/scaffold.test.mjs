import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TREE_IN_ORDER, writeTree } from '../test-tree.mjs';
import { fill, inJson } from './fill.mjs';
import { namesOf } from './names.mjs';
import { scaffold } from './scaffold.mjs';

const PAPER = 'A "Quoted" Title (Someone et al., 2020), https://example.org/paper';

describe('namesOf', () => {
  it('derives the identifiers from the name', () => {
    expect(namesOf('logit-match2')).toEqual({
      name: 'logit-match2',
      camel: 'logitMatch2',
      Pascal: 'LogitMatch2',
    });
  });

  it.each(['Rkd', 'rkd_', '2nd', 'a--b', '', '../up', 'class', 'typeof'])("refuses '%s'", (name) => {
    expect(namesOf(name)).toBeUndefined();
  });
});

describe('fill', () => {
  it('fills in the placeholders, quoted as the file needs it', () => {
    expect(fill('{"a": "__paper__"}', { paper: 'say "hi"' }, inJson)).toBe('{"a": "say \\"hi\\""}');
  });

  it('finds a placeholder that nothing fills', () => {
    expect(() => fill('__pape__', { paper: '' })).toThrow('template: expected one of paper, got __pape__');
  });
});

describe('scaffold', () => {
  it('writes new files only: the package, its page and one changeset', async () => {
    const root = writeTree(TREE_IN_ORDER);
    const written = await scaffold(root, { name: 'beta', paper: PAPER });
    expect(written).toEqual([
      '.changeset/add-beta.md',
      'docs/techniques/beta.md',
      'packages/beta/LICENSE',
      'packages/beta/README.md',
      'packages/beta/package.json',
      'packages/beta/src/beta.ts',
      'packages/beta/src/index.ts',
      'packages/beta/src/logit-matching.ts',
      'packages/beta/src/options.ts',
      'packages/beta/test/beta.test.ts',
      'packages/beta/test/logit-matching.test.ts',
      'packages/beta/tsconfig.json',
      'packages/beta/tsup.config.ts',
      'packages/beta/vitest.config.ts',
    ]);
    const manifest = JSON.parse(readFileSync(join(root, 'packages/beta/package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      name: '@distilljs/beta',
      description: `${PAPER} for TensorFlow.js.`,
      dependencies: { '@distilljs/core': '^0.1.0' },
      peerDependencies: { '@tensorflow/tfjs-core': '^4.0.0' },
    });
  });

  it.each([
    ['Beta', PAPER, "NAME: expected lower-case words joined by dashes that make an identifier, got 'Beta'."],
    ['alpha', PAPER, 'packages/alpha: expected no such folder yet, got one.'],
    ['beta', 'A Title (2020)', '--paper: expected title, authors, venue and an https:// address in one line'],
    ['beta', `${PAPER} */`, '--paper: expected title, authors, venue and an https:// address in one line'],
  ])('refuses %s with %s', async (name, paper, message) => {
    await expect(scaffold(writeTree(TREE_IN_ORDER), { name, paper })).rejects.toThrow(message);
  });
});

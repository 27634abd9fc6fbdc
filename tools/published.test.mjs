import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installTexts, oncePublished } from './published.mjs';

const root = join(import.meta.dirname, '..');

describe('what pages say once the packages are on npm', () => {
  it('takes the place of what they say before', () => {
    const text =
      'a\n\n<!-- until published -->\n\nfrom a clone\n\n<!-- once published:\n\nfrom npm\n\n-->\n\nb\n';
    expect(oncePublished(text)).toBe('a\n\nfrom npm\n\nb\n');
  });

  it('may be nothing', () => {
    const text = 'a\n\n<!-- until published -->\n\n## Later\n\n<!-- once published: -->\n\nb\n';
    expect(oncePublished(text)).toBe('a\n\nb\n');
  });

  it.each(installTexts(root))('%s speaks of no clone that a user needs', (file) => {
    const before = readFileSync(join(root, file), 'utf8');
    const after = oncePublished(before);
    expect(after).not.toMatch(/not (?:\*\*)?on npm|ends in a 404|(?:until|once) published/);
    if (file.endsWith('README.md') && file !== 'README.md')
      expect(after).toContain(`npm i @distilljs/${file.split('/')[1] === 'bench' ? 'bench' : 'core'}`);
  });
});

import { describe, expect, it } from 'vitest';
import { proseProblems, sentences } from './prose.mjs';

const words = (/** @type {number} */ count) => `${Array.from({ length: count }, () => 'word').join(' ')}.`;
const found = (/** @type {string} */ text) =>
  proseProblems('page.md', text).map(({ where, got }) => [where, got]);

describe('sentences of a page', () => {
  it('counts words, with a piece of code or a formula as one', () => {
    const text =
      '# A title\n\nThe loss `a + b * c` is $x_i + y$ (Lee et al. 2019). tfjs 4.2 has none.\n\n- one item\n';
    expect(sentences(text).map((sentence) => sentence.words)).toEqual([2, 9, 4, 2]);
  });

  it('leaves out code, quotations, comments and front matter', () => {
    expect(sentences('---\ntitle: A\n---\n\n```js\nconst a = 1;\n```\n\n> Somebody, A Title\n')).toEqual([]);
    expect(sentences(`<!-- table: ${words(40)} -->\n`)).toEqual([]);
  });

  it('says where a sentence has more than 35 words', () => {
    expect(found(`${'A short one here. '.repeat(9)}\n\n${words(35)} ${words(36)}\n`)).toEqual([
      ['page.md:3', `36, "${words(36).slice(0, 60)}…"`],
    ]);
    expect(found(`| a |\n| - |\n| ${words(36)} |\n`)[0]?.[0]).toBe('page.md:3');
  });

  it('says which word is in another spelling, but not of names in code', () => {
    expect(found('Colours are normalized.\n\nA *normalised* one.\n\n- `color`\n- Labeled rows.\n')).toEqual([
      ['page.md:3', 'normalised'],
      ['page.md:6', 'Labeled'],
    ]);
  });

  it('says which page has 20 words per sentence or more, fragments and cells aside', () => {
    expect(found(`${words(20)} ${words(20)}\n\n- a, b\n\n| ${words(5)} |\n| - |\n`)).toEqual([
      ['page.md', '20.0'],
    ]);
    expect(found(`${words(20)} ${words(19)}\n`)).toEqual([]);
  });
});

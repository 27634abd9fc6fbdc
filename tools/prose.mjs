import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import MarkdownIt from 'markdown-it';
import { report } from './problem.mjs';
import { packageFolders } from './workspace.mjs';

/** @import { Problem } from './problem.mjs' */

/*
 * Limits sentence length in pages and READMEs: no sentence has more than 35 words, and a page's sentences average fewer than 20. Code,
 * quotations and table figures do not count. Spelling is Oxford's: colour and centre, but normalize.
 */

const LONGEST = 35;
const AVERAGE = 20;
/** Full stops that do not end a sentence. */
const ABBREVIATIONS = /\b(?:et al|e\.g|i\.e|vs|cf|Eq|Fig|approx)\./g;
/** Where a sentence ends, in the middle of a paragraph. */
const END = /(?<=[.!?][)"'”’]*)\s+/;

/** Words in another spelling than Oxford's. */
const OTHER_SPELLING =
  /\b(?:(?:re|un)?(?:critic|emphas|general|initial|maxim|memor|minim|normal|optim|quant|recogn|regular|serial|standard|summar|visual)is(?:e[drs]?|ers|ing|able|ations?)|(?:behavior|color|gray|neighbor|center)(?:ed|ing|s)?|labeled|analyzed?)\b/i;

// Comments are HTML: marks of tables have long lists of names.
const markdown = new MarkdownIt({ html: true });

/**
 * The sentences of a document with the lines where their paragraphs begin.
 *
 * @param {string} text Markdown
 * @returns {{ readonly line: number, readonly text: string, readonly words: number, readonly cell: boolean }[]}
 */
export function sentences(text) {
  const [frontMatter = ''] = /^---\n[\s\S]*?\n---\n/.exec(text) ?? [];
  const skipped = frontMatter.split('\n').length - 1;
  let quoted = 0;
  let cell = false;
  let line = 0;
  return markdown.parse(text.slice(frontMatter.length), {}).flatMap(({ type, map, children }) => {
    if (type === 'blockquote_open') quoted++;
    else if (type === 'blockquote_close') quoted--;
    else if (type === 'th_open' || type === 'td_open') cell = true;
    else if (type === 'th_close' || type === 'td_close') cell = false;
    if (map !== null) line = map[0] + 1 + skipped;
    if (type !== 'inline' || quoted > 0) return [];
    const plain = (children ?? [])
      .map(shown)
      .join('')
      .replace(/\$[^$]+\$/g, 'formula');
    const whole = plain.replaceAll(ABBREVIATIONS, (found) => found.replaceAll('.', ''));
    return whole.split(END).map((sentence) => ({
      ...{ line, text: sentence, cell },
      words: sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length,
    }));
  });
}

/** A piece of code is one word. @param {{ type: string, content: string }} token */
const shown = ({ type, content }) =>
  type === 'text' ? content : type === 'code_inline' ? 'code' : type === 'softbreak' ? ' ' : '';

/**
 * What is hard to read in a document.
 *
 * @param {string} where @param {string} text Markdown
 * @returns {Problem[]}
 */
export function proseProblems(where, text) {
  const found = sentences(text);
  const problems = found
    .filter(({ words }) => words > LONGEST)
    .map(({ line, words, text: sentence }) => ({
      where: `${where}:${line}`,
      expected: `at most ${LONGEST} words in a sentence`,
      got: `${words}, "${sentence.slice(0, 60)}…"`,
      hint: 'Make two of it.',
    }));
  for (const { line, text: sentence } of found) {
    const [got] = OTHER_SPELLING.exec(sentence) ?? [];
    if (got !== undefined)
      problems.push({
        where: `${where}:${line}`,
        expected: 'Oxford spelling',
        got,
        hint: 'As in colour, centre, normalize.',
      });
  }
  // Fragments in cells or short list items would lower the average.
  const read = found.filter(({ words, cell }) => words > 3 && !cell);
  const average = read.reduce((sum, { words }) => sum + words, 0) / Math.max(1, read.length);
  if (average < AVERAGE) return problems;
  const got = average.toFixed(1);
  return [
    ...problems,
    { where, expected: `fewer than ${AVERAGE} words per sentence`, got, hint: 'Shorten.' },
  ];
}

/** Pages, READMEs and other documents for readers. @param {string} root */
export function documents(root) {
  const inFolder = (/** @type {string} */ folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((name) => name.endsWith('.md'))
          .map((name) => join(root, folder, name))
      : [];
  const readmes = packageFolders(root).map((name) => join(root, 'packages', name, 'README.md'));
  return [
    ...inFolder('.'),
    ...inFolder('docs'),
    ...inFolder('docs/techniques'),
    ...readmes.filter(existsSync),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = join(import.meta.dirname, '..');
  const problems = documents(root).flatMap((path) =>
    proseProblems(relative(root, path), readFileSync(path, 'utf8')),
  );
  report('sentences', problems);
}

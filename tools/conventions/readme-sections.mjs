import { readText } from './repository.mjs';

/** @import { Problem } from '../problem.mjs' */
/** @import { Package, Repository, Rule } from './repository.mjs' */

/** How the sections of a technique's README begin, in the order in which a reader asks for them. */
const SECTIONS = ['Install', 'Example', 'Options', 'Where it differs', 'Measured'];

/**
 * Every package has a README under its own name. A technique's says first what it is and links the paper, then has the
 * sections {@link SECTIONS} in this order (others may stand between them).
 *
 * @type {Rule}
 */
export const readmeSections = (repository) =>
  repository.packages.flatMap((subject) => readmeProblems(repository, subject));

/**
 * @param {Repository} repository @param {Package} subject
 * @returns {Problem[]}
 */
function readmeProblems(repository, { path, name, role }) {
  const where = `${path}/README.md`;
  const text = readText(repository, where);
  if (text === undefined) {
    return [
      {
        where,
        expected: 'a README',
        got: 'no file',
        hint: `Write one; tools/scaffold/template has the outline.`,
      },
    ];
  }
  const prose = withoutCodeBlocks(text);
  /** @type {Problem[]} */
  const problems = [];
  const title = prose.split('\n').find((line) => line.startsWith('# '));
  if (title !== `# ${name}`) {
    problems.push({
      where,
      expected: `the title \`# ${name}\``,
      got: title ?? 'none',
      hint: 'Name the package as npm does.',
    });
  }
  if (role !== 'technique') return problems;

  const [introduction = ''] = prose.split(/^## /m);
  if (!/https?:\/\//.test(introduction)) {
    problems.push({
      where,
      expected: 'a link to the paper before the first section',
      got: 'none',
      hint: 'Say what the technique is and which paper it comes from.',
    });
  }
  const headings = [...prose.matchAll(/^## +(.+?) *$/gm)].map((match) => match[1] ?? '');
  const found = headings.flatMap((heading) => SECTIONS.find((section) => heading.startsWith(section)) ?? []);
  if (found.join() !== SECTIONS.join()) {
    problems.push({
      where,
      expected: `the sections ${SECTIONS.join(' · ')}, in this order`,
      got: found.length === 0 ? 'none of them' : found.join(' · '),
      hint: 'Add what is missing and put them in order.',
    });
  }
  return problems;
}

/** A `#` inside a fenced block is a comment of the code. @param {string} markdown */
function withoutCodeBlocks(markdown) {
  return markdown.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, '');
}

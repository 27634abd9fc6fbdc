import { readText } from './repository.mjs';

/** @import { Problem } from '../problem.mjs' */
/** @import { Package, Repository, Rule } from './repository.mjs' */

/** First words of the section headings of a technique's README, in order. */
const SECTIONS = ['What to expect', 'Install', 'Example', 'Options'];

/** The same for its page in the documentation. */
const PAGE_SECTIONS = [
  'What to expect',
  'The idea',
  'Equations',
  'Options',
  'Where it differs',
  'What is unknown',
  'Measured',
];

/** Most lines of a README, which npm shows: further text belongs on the technique's page. */
const LONGEST = 115;

/**
 * Every package has a README titled with its name. A technique's README first describes the technique and links the paper, then has the
 * sections {@link SECTIONS} in this order (others may come between). It links the technique's page, which has
 * {@link PAGE_SECTIONS}.
 *
 * @type {Rule}
 */
export const readmeSections = (repository) =>
  repository.packages.flatMap((subject) => readmeProblems(repository, subject));

/**
 * @param {Repository} repository @param {Package} subject
 * @returns {Problem[]}
 */
function readmeProblems(repository, { path, folder, name, role }) {
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
  problems.push(...sectionProblems(where, prose, SECTIONS));
  const lines = text.split('\n').length;
  if (lines > LONGEST) {
    problems.push({
      where,
      expected: `at most ${LONGEST} lines`,
      got: `${lines}`,
      hint: "Move what npm's page does not need to the technique's page.",
    });
  }
  const page = `docs/techniques/${folder}.md`;
  if (!text.includes(`(../../${page})`)) {
    problems.push({
      where,
      expected: `a link to ../../${page}`,
      got: 'none',
      hint: 'Say where the rest is.',
    });
  }
  const onPage = readText(repository, page);
  if (onPage === undefined) {
    problems.push({ where: page, expected: "the technique's page", got: 'no file', hint: 'Write one.' });
  } else problems.push(...sectionProblems(page, withoutCodeBlocks(onPage), PAGE_SECTIONS));
  return problems;
}

/**
 * @param {string} where @param {string} prose @param {readonly string[]} sections
 * @returns {Problem[]}
 */
function sectionProblems(where, prose, sections) {
  const headings = [...prose.matchAll(/^## +(.+?) *$/gm)].map((match) => match[1] ?? '');
  const found = headings.flatMap((heading) => sections.find((section) => heading.startsWith(section)) ?? []);
  if (found.join() === sections.join()) return [];
  return [
    {
      where,
      expected: `the sections ${sections.join(' · ')}, in this order`,
      got: found.length === 0 ? 'none of them' : found.join(' · '),
      hint: 'Add what is missing and put them in order.',
    },
  ];
}

/** A `#` inside a fenced block is a comment of the code. @param {string} markdown */
function withoutCodeBlocks(markdown) {
  return markdown.replace(/^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, '');
}

import { expect, it } from 'vitest';
import { TREE_IN_ORDER } from '../test-tree.mjs';
import { describeRules, manifest, problemsWith } from './describe-rules.mjs';

/** The exports of a package with some conditions of its entry "." replaced. @param {object} entry */
function entry(entry) {
  return { exports: { '.': entry, './package.json': './package.json' } };
}

const IMPORT = { types: './dist/index.d.ts', default: './dist/index.js' };
const REQUIRE = { types: './dist/index.d.cts', default: './dist/index.cjs' };
const SOURCE = { '@distilljs/source': './src/index.ts' };
const README = 'packages/alpha/README.md';

it('a correct tree has no problems', () => {
  expect(problemsWith({})).toEqual([]);
});

describeRules({
  manifestFields: [
    [
      'side effects are not ruled out',
      manifest('alpha', { sideEffects: true }),
      ['packages/alpha/package.json, sideEffects: expected false, got true.'],
    ],
    [
      'the license is another one',
      manifest('alpha', { license: 'MIT' }),
      ['packages/alpha/package.json, license: expected "Apache-2.0", got "MIT".'],
    ],
    [
      'the repository is another one',
      manifest('alpha', {
        repository: { type: 'git', url: 'git+https://example.org/fork.git', directory: 'packages/alpha' },
      }),
      [
        'packages/alpha/package.json, repository: expected {"type":"git","url":"git+https://example.org/tree/',
      ],
    ],
    [
      'nobody would find it',
      manifest('alpha', { keywords: ['tfjs'] }),
      ['packages/alpha/package.json, keywords: expected a list that holds "knowledge-distillation"'],
    ],
    [
      'the Node floor is missing',
      manifest('core', { engines: undefined }),
      ['packages/core/package.json, engines: expected {"node":">=20"}, got none.'],
    ],
    [
      'the build is not published',
      manifest('alpha', { files: ['src'] }),
      ['packages/alpha/package.json, files: expected a list that holds "dist", got ["src"].'],
    ],
    [
      'the package is private',
      manifest('alpha', { private: true }),
      ['packages/alpha/package.json, private: expected none, got true.'],
    ],
    [
      'the version is none',
      manifest('alpha', { version: 'next' }),
      ['packages/alpha/package.json, version: expected MAJOR.MINOR.PATCH, got "next".'],
    ],
    [
      'a script is missing',
      manifest('alpha', { scripts: { build: 'b', typecheck: 't', lint: 'l', test: 'v' } }),
      ['packages/alpha/package.json, scripts.pack:check: expected a command, got none.'],
    ],
  ],
  exportsConditions: [
    [
      'the source condition comes last',
      manifest('alpha', entry({ import: IMPORT, require: REQUIRE, ...SOURCE })),
      ['packages/alpha/package.json, exports["."]: expected {"@distilljs/source"'],
    ],
    [
      'require has no types of its own',
      manifest('alpha', entry({ ...SOURCE, import: IMPORT, require: './dist/index.cjs' })),
      ['packages/alpha/package.json, exports["."]: expected {"@distilljs/source"'],
    ],
    [
      'the types come after the code',
      manifest(
        'alpha',
        entry({
          ...SOURCE,
          import: { default: IMPORT.default, types: IMPORT.types },
          require: REQUIRE,
        }),
      ),
      ['packages/alpha/package.json, exports["."]: expected {"@distilljs/source"'],
    ],
    [
      'the source is not there',
      manifest('alpha', entry({ '@distilljs/source': './src/main.ts', import: IMPORT, require: REQUIRE })),
      ['packages/alpha/package.json, exports["."]["@distilljs/source"]: expected a source file'],
    ],
    [
      'there is no main entry',
      manifest('alpha', { exports: { './package.json': './package.json' } }),
      ['packages/alpha/package.json, exports: expected an entry ".", got none.'],
    ],
  ],
  licenseFile: [
    [
      'the license text is missing',
      { 'packages/alpha/LICENSE': null },
      ["packages/alpha/LICENSE: expected the same text as the repository's LICENSE, got no file."],
    ],
    [
      'the license text differs',
      { 'packages/alpha/LICENSE': 'mine\n' },
      ["packages/alpha/LICENSE: expected the same text as the repository's LICENSE, got another text."],
    ],
  ],
  changelogPolicy: [
    [
      'changesets is not configured',
      { '.changeset/config.json': null },
      ['.changeset/config.json: expected the configuration of changesets, got no file.'],
    ],
    [
      'packages share a version',
      {
        '.changeset/config.json': {
          changelog: '@changesets/cli/changelog',
          fixed: [['@distilljs/*']],
        },
      },
      ['.changeset/config.json, fixed: expected [], got [["@distilljs/*"]].'],
    ],
    [
      'a package is left out of releases',
      {
        '.changeset/config.json': {
          changelog: '@changesets/cli/changelog',
          ignore: ['@distilljs/alpha'],
        },
      },
      ['.changeset/config.json, ignore: expected [], got ["@distilljs/alpha"].'],
    ],
    [
      'no CHANGELOG is written',
      { '.changeset/config.json': { changelog: false } },
      ['.changeset/config.json, changelog: expected "@changesets/cli/changelog", got false.'],
    ],
    [
      'a CHANGELOG is of another package',
      { 'packages/alpha/CHANGELOG.md': '# Changes\n' },
      ['packages/alpha/CHANGELOG.md:1: expected # @distilljs/alpha, got # Changes.'],
    ],
  ],
  readmeSections: [
    ['there is no README', { [README]: null }, ['packages/alpha/README.md: expected a README, got no file.']],
    [
      'the title is not the name',
      { 'packages/core/README.md': '# Core\n' },
      ['packages/core/README.md: expected the title `# @distilljs/core`, got # Core.'],
    ],
    [
      'no paper is linked',
      { [README]: String(TREE_IN_ORDER[README]).replace('https://example.org', 'Smith 2020') },
      ['packages/alpha/README.md: expected a link to the paper before the first section, got none.'],
    ],
    [
      'sections are out of order',
      {
        [README]: `${String(TREE_IN_ORDER[README]).replace('## What to expect\n', '')}\n## What to expect\n`,
      },
      [
        'packages/alpha/README.md: expected the sections What to expect · Install · Example · Options, in this order, got Install · Example · Options · What to expect.',
      ],
    ],
    [
      'the README is too long for npm',
      { [README]: `${String(TREE_IN_ORDER[README])}${'\n'.repeat(115)}` },
      ['packages/alpha/README.md: expected at most 115 lines, got 136.'],
    ],
    [
      'the page of the technique is not linked',
      { [README]: String(TREE_IN_ORDER[README]).replace('../../docs', 'docs') },
      ['packages/alpha/README.md: expected a link to ../../docs/techniques/alpha.md, got none.'],
    ],
    [
      'the technique has no page',
      { 'docs/techniques/alpha.md': null },
      ["docs/techniques/alpha.md: expected the technique's page, got no file."],
    ],
    [
      'the page lacks its equations',
      {
        'docs/techniques/alpha.md': String(TREE_IN_ORDER['docs/techniques/alpha.md']).replace(
          '## Equations\n',
          '',
        ),
      },
      [
        'docs/techniques/alpha.md: expected the sections What to expect · The idea · Equations · Options · Where it differs · What is unknown · Measured, in this order, got What to expect · The idea · Options · Where it differs · What is unknown · Measured.',
      ],
    ],
  ],
  fixtureSources: [
    [
      'fixtures have no README',
      { 'packages/alpha/test/fixtures/README.md': null },
      ['packages/alpha/test/fixtures/README.md: expected a README that says where each fixture comes from'],
    ],
    [
      'a fixture is not named in it',
      { 'packages/alpha/test/fixtures/deep/more.json': '{}' },
      ['packages/alpha/test/fixtures/README.md: expected the source of deep/more.json, got no mention'],
    ],
  ],
});

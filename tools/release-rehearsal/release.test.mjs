import { describe, expect, it } from 'vitest';
import { getDependencyReleaseLine, getReleaseLine } from '../changelog.mjs';
import { contentProblems, versionProblems } from './release.mjs';
import { sizeProblems } from './sizes.mjs';

/** A release that is in order: core and a technique step to 0.2.0. */
const core = {
  name: '@distilljs/core',
  before: '0.1.0',
  after: '0.2.0',
  manifest: {},
  changelog: '# @distilljs/core\n\n## 0.2.0\n',
};
const alpha = {
  ...core,
  name: '@distilljs/alpha',
  manifest: { dependencies: { '@distilljs/core': '^0.2.0' } },
};

describe('versions of a release', () => {
  it('are in order', () => {
    expect(versionProblems([core, alpha])).toEqual([]);
  });

  it.each([
    ['a step to 1.0.0', { ...alpha, after: '1.0.0', changelog: '\n## 1.0.0\n' }, '@distilljs/alpha, version'],
    [
      'a sibling of before',
      { ...alpha, manifest: { dependencies: { '@distilljs/core': '^0.1.0' } } },
      '@distilljs/alpha, dependencies @distilljs/core',
    ],
    ['no word of it', { ...alpha, changelog: '# @distilljs/alpha\n' }, '@distilljs/alpha, CHANGELOG.md'],
  ])('with %s are refused', (_what, changed, where) => {
    expect(versionProblems([core, changed]).map((problem) => problem.where)).toEqual([where]);
  });
});

it('a tarball has README and LICENSE, and neither maps nor tests', () => {
  const paths = ['package.json', 'README.md', 'dist/index.js'].map((path) => `package/${path}`);
  expect(contentProblems('alpha.tgz', [...paths, 'package/LICENSE'])).toEqual([]);
  const wrong = contentProblems('alpha.tgz', [
    ...paths,
    'package/dist/index.js.map',
    'package/test/a.test.ts',
  ]);
  expect(wrong.map(({ got }) => got)).toEqual([
    'no such file',
    'package/dist/index.js.map',
    'package/test/a.test.ts',
  ]);
});

it('a size above its budget says what to do', () => {
  const sizes = [
    { what: 'core', bytes: 120_000, budget: 120_000, hint: 'Split it.' },
    { what: 'cckd', bytes: 15_100, budget: 15_000, hint: 'Drop a dependency.' },
    { what: 'on disk', bytes: 9_000_000 },
  ];
  expect(sizeProblems(sizes)).toEqual([
    { where: 'cckd', expected: 'at most 15.0 kB', got: '15.1 kB', hint: 'Drop a dependency.' },
  ]);
});

it('a CHANGELOG has changesets with headings as they are, others as points, and siblings in one line', async () => {
  expect(await getReleaseLine({ summary: '#### New\n\n- A thing.\n' })).toBe('#### New\n\n- A thing.');
  expect(await getReleaseLine({ summary: 'A thing.\nMore of it.' })).toBe('- A thing.\n  More of it.');
  const updated = ['core', 'afd'].map((name) => ({ name, newVersion: '0.2.0' }));
  expect(await getDependencyReleaseLine([], updated)).toBe('- Needs core 0.2.0, afd 0.2.0.');
  expect(await getDependencyReleaseLine([], [])).toBe('');
});

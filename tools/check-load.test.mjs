import { describe, expect, it } from 'vitest';
import { checkLoad } from './check-load.mjs';
import { problemText } from './problem.mjs';
import { writeTree } from './test-tree.mjs';

/** Problems of a built package whose entries hold this code. @param {string} esm @param {string} cjs */
function problemsWith(esm, cjs) {
  const exports = {
    '.': { import: './index.js', require: './index.cjs' },
    './package.json': './package.json',
  };
  const tree = {
    'package.json': { name: 'built', type: 'module', exports },
    'index.js': esm,
    'index.cjs': cjs,
  };
  return checkLoad(writeTree(tree)).map(problemText);
}

describe('load check', () => {
  it('passes where both builds give the same names', () => {
    expect(problemsWith('export const b = 1, a = 2;', 'exports.a = 2; exports.b = 1;')).toEqual([]);
  });

  it('finds names that only one build has', () => {
    expect(problemsWith('export const a = 1, b = 2;', 'exports.a = 1;')).toEqual([
      expect.stringMatching(
        /^require\('built'\): expected the names of import\('built'\): \["a","b"\], got \["a"\]\. /,
      ),
    ]);
  });

  it('says why a build does not load', () => {
    expect(problemsWith("export { a } from 'nowhere';", 'exports.a = 1;')).toEqual([
      expect.stringMatching(
        /^import\('built'\): expected the build to load, got Error.*Cannot find package 'nowhere'/,
      ),
    ]);
  });
});

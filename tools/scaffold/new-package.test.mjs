import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConventions } from '../check-conventions.mjs';
import { installPacked } from '../packed/install-packed.mjs';
import { problemText } from '../problem.mjs';
import { copyRepository, linkPackage } from './copy-repository.mjs';
import { scaffold } from './scaffold.mjs';

const ROOT = join(import.meta.dirname, '../..');
const NAME = 'new-technique';
const MINUTES = 60_000;

describe('a scaffolded technique', { timeout: 10 * MINUTES }, () => {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'distilljs-copy-')));
  const folder = join(copy, 'packages', NAME);

  /** Output of a program that must succeed. @param {string} cwd @param {string[]} command */
  const run = (cwd, ...[program = '', ...args]) => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd,
      encoding: 'utf8',
      // The copy's programs, without this runner's own variables and without colours.
      env: {
        PATH: [join(copy, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
        HOME: process.env['HOME'],
        NO_COLOR: '1',
      },
    });
    expect(status, [program, ...args, stdout, stderr].join('\n')).toBe(0);
    return stdout;
  };

  beforeAll(async () => {
    copyRepository(ROOT, copy);
    await scaffold(copy, { name: NAME, paper: 'A Paper (Someone, 2020), https://example.org/paper' });
    linkPackage(copy, NAME);
    // Declarations are built against what core publishes.
    run(join(copy, 'packages/core'), 'tsup');
  }, 10 * MINUTES);

  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  it('builds, and both builds load', () => {
    run(folder, 'tsup');
    run(folder, 'node', '../../tools/check-load.mjs');
  });

  it('has types, style and format in order', () => {
    run(copy, 'tsc', '-p', folder);
    run(copy, 'eslint', folder);
    run(copy, 'prettier', '--check', folder, '.changeset');
  });

  it('passes its tests', () => {
    expect(run(copy, 'vitest', 'run', '--project', NAME)).toMatch(
      /\n\d+ passed, 0 failed(, \d+ skipped)?\n$/,
    );
  });

  it('packs with its build, its license and nothing else', () => {
    run(folder, 'publint', '--strict');
    run(folder, 'attw', '--pack', '.', '--profile', 'node16');
    const [{ files }] = JSON.parse(run(folder, 'npm', 'pack', '--dry-run', '--json'));
    const paths = files.map((/** @type {{ path: string }} */ { path }) => path).sort();
    expect(paths).toEqual([
      'LICENSE',
      'README.md',
      'dist/index.cjs',
      'dist/index.d.cts',
      'dist/index.d.ts',
      'dist/index.js',
      'package.json',
    ]);
  });

  it('is installed from its tarball, beside that of core', () => {
    const project = join(copy, 'tmp/project');
    installPacked(copy, project, ['core', NAME]);
    const program = `import { newTechnique } from '@distilljs/${NAME}'; console.log(newTechnique().name);`;
    expect(run(project, 'node', '--input-type=module', '--eval', program)).toBe(`${NAME}\n`);
  });

  it('follows the conventions', () => {
    const problems = checkConventions(copy).filter(({ where }) => where.startsWith(`packages/${NAME}`));
    expect(problems.map(problemText)).toEqual([]);
  });
});

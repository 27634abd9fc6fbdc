import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTree } from './test-tree.mjs';

/** @import { Tree } from './test-tree.mjs' */

const BIN = 'packages/bench/bin/distill-bench.mjs';
const CLI = 'export const main = async (argv) => { console.log(argv.join()); return argv.length; };';

/** Runs the bench's program with two arguments in a tree that holds it and these files. @param {Tree} files */
function start(files) {
  const program = readFileSync(join(import.meta.dirname, '..', BIN), 'utf8');
  const root = writeTree({ [BIN]: program, ...files });
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, BIN), 'list', 'models'], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** A checkout whose build is this program. @param {string} build @returns {Tree} */
function checkout(build) {
  return {
    'package.json': { type: 'module', scripts: { build: 'node build.mjs' } },
    'build.mjs': build,
    'packages/bench/src/cli.ts': '',
  };
}

describe('distill-bench', () => {
  it('hands its arguments to the build and exits with its code', () => {
    expect(start({ 'package.json': { type: 'module' }, 'packages/bench/dist/cli.js': CLI })).toEqual({
      status: 2,
      stdout: 'list,models\n',
      stderr: '',
    });
  });

  it('builds a checkout first and keeps standard output clean', () => {
    const build = `import { mkdirSync, writeFileSync } from 'node:fs';
      console.log('building');
      mkdirSync('packages/bench/dist');
      writeFileSync('packages/bench/dist/cli.js', ${JSON.stringify(CLI)});`;
    const { status, stdout, stderr } = start(checkout(build));
    expect({ status, stdout }).toEqual({ status: 2, stdout: 'list,models\n' });
    expect(stderr).toMatch(/^distill-bench: not built yet, running `npm run build` once\n[\s\S]*building\n/);
  });

  it('says what to do where the build fails', () => {
    const { status, stdout, stderr } = start(checkout('process.exit(3);'));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/expected .*cli\.js, got no such file\. Run `npm ci && npm run build`/);
  });

  it('says what to do where an installed copy is incomplete', () => {
    const { status, stderr } = start({});
    expect(status).toBe(1);
    expect(stderr).toMatch(/expected .*cli\.js, got no such file\. Install @distilljs\/bench anew/);
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTree } from './test-tree.mjs';

const SCRIPT = readFileSync(join(import.meta.dirname, '../.ci/run'), 'utf8');
const PASSING = 'printf "… \\n\\n12 passed, 0 failed, 1 skipped\\n"';

/**
 * Runs `.ci/run` with an npm that does as told.
 *
 * @param {Readonly<Record<string, string>>} commands shell by npm's arguments; nothing to do where left out
 */
function runWith(commands) {
  const cases = Object.entries(commands).map(([args, command]) => `"${args}") ${command} ;;`);
  const root = writeTree({
    '.ci/run': SCRIPT,
    // Nothing is installed for these tests.
    'bin/redis-server': '#!/bin/sh\n',
    'bin/npm': ['#!/bin/sh', 'case "$*" in', ...cases, 'esac', ''].join('\n'),
  });
  for (const name of ['npm', 'redis-server']) chmodSync(join(root, 'bin', name), 0o755);
  const { status, stdout } = spawnSync('bash', [join(root, '.ci/run')], {
    encoding: 'utf8',
    env: { PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter) },
  });
  const stages = [...stdout.matchAll(/^== (\w+): exit code (\d+) after \d+ s$/gm)];
  return {
    status,
    last: stdout.trimEnd().split('\n').at(-1),
    end: stdout.slice(stdout.lastIndexOf(' s\n') + 3),
    stages: stages.map(([, name, code]) => `${name} ${code}`),
  };
}

describe.skipIf(process.platform === 'win32')('.ci/run', () => {
  it('runs every stage and ends with the count of the tests', () => {
    expect(runWith({ test: PASSING })).toMatchObject({
      status: 0,
      last: '12 passed, 0 failed, 1 skipped',
      stages: ['install 0', 'check 0', 'build 0', 'docs 0', 'services 0', 'test 0', 'demo 0'],
    });
  });

  it('fails when a test fails', () => {
    expect(runWith({ test: 'printf "11 passed, 1 failed\\n"; exit 1' })).toMatchObject({
      status: 1,
      last: '11 passed, 1 failed',
      stages: ['install 0', 'check 0', 'build 0', 'docs 0', 'services 0', 'test 1', 'demo 0'],
    });
  });

  it('says at its end which tests failed, or passed only when they were tried again', () => {
    const lines = ['FAILED a.test.ts > b: c', 'PASSED WHEN TRIED AGAIN d.test.ts > e: f'];
    const printed = ['> 3', ...lines, '', '11 passed, 1 failed'].join('\\n');
    expect(
      runWith({ test: `printf "${printed}\\n"; exit 1` })
        .end.trim()
        .split('\n'),
    ).toEqual(['== failed: test', ...lines, '', '11 passed, 1 failed']);
  });

  it('shows at its end what a failed stage printed last, on either stream', () => {
    const lines = Array.from({ length: 70 }, (_, at) => `line ${at}`);
    const check = [`printf '${lines.join('\\n')}\\n'`, 'echo "a.ts(1,1): error" >&2', 'exit 2'].join('; ');
    expect(runWith({ 'run check': check, test: PASSING }).end.trim().split('\n')).toEqual([
      '== the last lines of check',
      ...lines.slice(11),
      'a.ts(1,1): error',
      '',
      '== failed: check',
      '',
      '12 passed, 0 failed, 1 skipped',
    ]);
  });

  it('fails when a test failed and the exit code hid it', () => {
    expect(runWith({ test: 'printf "11 passed, 1 failed\\n"' })).toMatchObject({
      status: 1,
      last: '11 passed, 1 failed',
    });
  });

  it('fails when the tests printed no count', () => {
    expect(runWith({ test: 'echo Segmentation fault' })).toMatchObject({
      status: 1,
      last: '0 passed, 1 failed',
    });
  });

  it.each(['run check', 'run build', 'run docs:check', 'run demo'])(
    'goes on after a failing `npm %s`, and fails',
    (args) => {
      const { status, last, stages } = runWith({ test: PASSING, [args]: 'exit 4' });
      expect({ status, last, count: stages.length }).toEqual({
        status: 1,
        last: '12 passed, 0 failed, 1 skipped',
        count: 7,
      });
      expect(stages).toContain(`${args.split(/[ :]/)[1]} 4`);
    },
  );

  it('stops where nothing could be installed', () => {
    expect(runWith({ ci: 'exit 1', test: PASSING })).toMatchObject({
      status: 1,
      last: '0 passed, 1 failed',
      stages: ['install 1'],
    });
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { benchProcesses, expectSameOutcome, inTime } from './bench-process.js';
import type { Ended } from './bench-process.js';

const bench = benchProcesses();

/** One line that names a reason, without a stack trace; the last of what was said. */
function expectOneError({ by, said }: Ended, reason: RegExp, code = 1): void {
  expect(said.split('\n').filter((line) => line.startsWith('Error: '))).toEqual([
    expect.stringMatching(reason),
  ]);
  expect(said).not.toMatch(/\n\s+at /);
  expect(by, said).toBe(code);
}

async function expectResumes(out: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { by, said } = await bench.run(['--out', out, '--resume'], { env });
  expect(by, said).toBe(0);
  expectSameOutcome(out, await bench.undisturbed());
}

describe.skipIf(process.platform === 'win32')('a run', { timeout: 300_000 }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends after the step at %s, with its checkpoint and exit code 130, and goes on',
    async (signal) => {
      const { out, by, said } = await inTime(async (round) => {
        const place = join(bench.folder, `${signal}-${round}`);
        let sent = false;
        const ended = await bench.run(['--out', place], {
          onLine: (child, _, all) => {
            if (!sent && /^kd seed 0: train epoch 1,/m.test(all)) sent = child.kill(signal);
          },
        });
        return existsSync(join(place, 'kd/0/result.json')) ? undefined : { out: place, ...ended };
      });
      expect(by, said).toBe(130);
      expect(said).toContain('Continue with the same command and --resume.');
      expect(readdirSync(join(out, 'kd/0/checkpoint'))).not.toEqual([]);
      expect(existsSync(join(out, 'kd/0/result.json'))).toBe(false);
      expect(existsSync(join(out, 'lock.json'))).toBe(false);
      // Another number of threads makes no other bytes.
      await expectResumes(out, { DISTILLJS_THREADS: signal === 'SIGTERM' ? '2' : '1' });
    },
  );

  it('pauses at SIGSTOP and continues at SIGCONT', async () => {
    const out = join(bench.folder, 'stopped');
    let stops = 0;
    const { by, said } = await bench.run(['--out', out], {
      onLine: (child, lines) => {
        if (lines < 3 * (stops + 1) || stops > 2) return;
        stops += 1;
        child.kill('SIGSTOP');
        setTimeout(() => child.kill('SIGCONT'), 700);
      },
    });
    expect(by, said).toBe(0);
    expect(stops).toBeGreaterThan(1);
    expectSameOutcome(out, await bench.undisturbed());
  });

  it.each(['--resume', '--overwrite'])(
    'is one of two that begin at the same moment, the second with %s',
    async (flag) => {
      const { out, refused } = await inTime(async (round) => {
        const place = join(bench.folder, `two${flag}-${round}`);
        const both = await Promise.all([
          bench.run(['--out', place, '--resume']),
          bench.run(['--out', place, flag]),
        ]);
        // None is where one was done before the other began.
        const others = both.filter(({ by }) => by !== 0);
        return others.length === 0 ? undefined : { out: place, refused: others };
      });
      for (const each of refused) expectOneError(each, /no other process works in/, 2);
      expect(refused).toHaveLength(1);
      expectSameOutcome(out, await bench.undisturbed());
    },
  );

  it.each([1, 30, 200])('says which file may not grow beyond %s KiB, and goes on', async (fileSize) => {
    const out = join(bench.folder, `limited-${fileSize}`);
    expectOneError(await bench.run(['--out', out], { fileSize }), new RegExp(`EFBIG|file too large`));
    await expectResumes(out);
  });
});

const mounts: string[] = [];
/** An empty file system of its own; undefined where this user may not mount one. */
function mounted(name: string, size: string): string | undefined {
  const place = join(bench.folder, name);
  mkdirSync(place, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place]).status !== 0)
    return undefined;
  mounts.push(place);
  return place;
}
const remount = (place: string, option: string): void => {
  expect(spawnSync('mount', ['-o', `remount,${option}`, place]).status).toBe(0);
};
afterAll(() => {
  for (const place of mounts) spawnSync('umount', [place]);
});

describe('a disk', { timeout: 300_000 }, () => {
  it.each([
    ['a checkpoint', 'teacher/checkpoint'],
    ['a result', 'kd/0/student/model.json'],
    ['the report', 'afd/0/result.json'],
  ])('that is full while %s is written is named, and the run goes on', async (what, written) => {
    const place = mounted(`disk-${what.replaceAll(' ', '-')}`, '32m');
    if (place === undefined) {
      console.info('Skipped: a full disk needs the right to mount one.');
      return;
    }
    const filler = join(place, 'filler');
    const { out, ended } = await inTime(async (round) => {
      const run = join(place, `run-${round}`);
      const timer = setInterval(() => {
        if (existsSync(filler) || !existsSync(join(run, written))) return;
        try {
          writeFileSync(filler, Buffer.alloc(2 ** 25));
        } catch {
          // The disk is full.
        }
      }, 2);
      const result = await bench.run(['--out', run]);
      clearInterval(timer);
      rmSync(filler, { force: true });
      return result.by === 0 ? undefined : { out: run, ended: result };
    });
    expectOneError(ended, /ENOSPC|no space left/);
    await expectResumes(out);
  });

  it('that becomes read-only is named, and nothing on it is changed', async () => {
    const place = mounted('read-only', '16m');
    if (place === undefined) {
      console.info('Skipped: a read-only disk needs the right to mount one.');
      return;
    }
    const out = join(place, 'run');
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(join(place, 'note'), 'mine');
    remount(place, 'ro');
    expectOneError(await bench.run(['--out', out]), /EROFS|read-only/);
    expect(readdirSync(place)).toEqual(['note']);
    expect(readFileSync(join(place, 'note'), 'utf8')).toBe('mine');
    remount(place, 'rw');
    await expectResumes(out);
  });
});

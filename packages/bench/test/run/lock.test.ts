import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { expectHeld, LOCK, lockFolder } from '../../src/run/lock.js';
import { refusal } from './tiny-bench.js';

const all = mkdtempSync(join(tmpdir(), 'lock-'));
let root = '';
let next = 0;
beforeEach(() => {
  root = join(all, String(next++));
});
afterAll(() => {
  rmSync(all, { recursive: true, force: true });
});

const holder = (fields: object): void => {
  mkdirSync(root, { recursive: true });
  writeFileSync(
    join(root, LOCK),
    JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString(), ...fields }),
  );
};

/** The number of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ['-e', '']).pid;

describe('the lock of a run folder', () => {
  it('is held by one, and leaves nothing behind', async () => {
    const unlock = await lockFolder(root);
    expect(await refusal(lockFolder(root))).toMatch(
      new RegExp(`no other process works in, got one that process ${process.pid} on .* has worked in since`),
    );
    expect(readdirSync(root)).toEqual([LOCK]);
    await unlock();
    expect(existsSync(root)).toBe(false);
  });

  it('keeps what lies in the folder', async () => {
    mkdirSync(root);
    writeFileSync(join(root, 'notes.txt'), 'mine');
    await (
      await lockFolder(root)
    )();
    expect(readdirSync(root)).toEqual(['notes.txt']);
  });

  it('is taken over from another machine only where that is asked for, which the other one notices', async () => {
    holder({ pid: 1, host: 'another', attempt: 2 });
    expect(await refusal(lockFolder(root, 'folder of a training'))).toContain('process 1 on another');
    const unlock = await lockFolder(root, 'folder of a training', { takesOver: true });
    expect(JSON.parse(readFileSync(join(root, LOCK), 'utf8'))).toMatchObject({ attempt: 3 });
    await expectHeld(root);
    // Nobody takes over from a process of this machine that lives.
    holder({ pid: process.ppid, attempt: 4 });
    expect(await refusal(lockFolder(root, 'folder of a training', { takesOver: true }))).toContain(
      'no other process',
    );
    expect(await refusal(expectHeld(root))).toMatch(
      /expected attempt 3 to be the latest, got one that runs as/,
    );
    rmSync(join(root, LOCK));
    expect(await refusal(expectHeld(root))).toContain('got one that is over');
    await unlock();
    await expectHeld(root);
  });

  it('is waited for where a process of this machine may be about to end', async () => {
    const first = await lockFolder(root);
    const second = lockFolder(root, 'folder of a training', { patience: 60_000 });
    setTimeout(() => void first(), 300);
    await (
      await second
    )();
    holder({ pid: 1, host: 'another' });
    const late = lockFolder(root, 'folder of a training', { patience: 60_000 });
    expect(await refusal(late)).toContain('process 1 on another');
  });

  it('is taken over from a container that had the same host name and process number', async () => {
    holder({ since: '2026-01-01T00:00:00.000Z' });
    const unlock = await lockFolder(root);
    await unlock();
  });

  it('is taken over from a process that has ended', async () => {
    holder({ pid: ended() });
    const unlock = await lockFolder(root);
    expect(JSON.parse(readFileSync(join(root, LOCK), 'utf8'))).toMatchObject({ pid: process.pid });
    await unlock();
  });

  it.skipIf(process.platform !== 'linux')(
    'is taken over where the number went to another process',
    async () => {
      const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
      holder({ pid: other.pid, since: '2020-01-01T00:00:00.000Z' });
      const unlock = await lockFolder(root);
      await unlock();
      holder({ pid: other.pid });
      expect(await refusal(lockFolder(root))).toMatch(`process ${other.pid}`);
      other.kill();
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'stays with a process that lives, however the clock is set meanwhile',
    async () => {
      const unlock = await lockFolder(root);
      const own = JSON.parse(readFileSync(join(root, LOCK), 'utf8')) as object;
      expect(own).toHaveProperty('start');
      // A clock that went on by years since, or back: by it, the process would have begun after its lock.
      for (const since of ['2001-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z']) {
        writeFileSync(join(root, LOCK), JSON.stringify({ ...own, since }));
        expect(await refusal(lockFolder(root))).toContain(`process ${process.pid}`);
      }
      // The same number in the same second, and another process.
      writeFileSync(join(root, LOCK), JSON.stringify({ ...own, start: 'another start of the system 5' }));
      const again = await lockFolder(root);
      await again();
      await unlock();
    },
  );

  it('leaves no folder behind where it cannot be written', async () => {
    // The folder's path is as long as Linux takes, a file's in it would be longer.
    let long = root;
    while (long.length < 4090) long = join(long, 'x'.repeat(Math.min(200, 4090 - long.length)));
    await expect(lockFolder(long)).rejects.toThrow('ENAMETOOLONG');
    expect(existsSync(long)).toBe(false);
  });

  it('stays with a process of another machine, and says how to remove it', async () => {
    holder({ host: 'another-machine' });
    expect(await refusal(lockFolder(root))).toMatch(/on another-machine .* remove .*lock\.json/);
  });

  it('that a crash cut off belongs to nobody', async () => {
    mkdirSync(root);
    writeFileSync(join(root, LOCK), '{"pid": 12');
    await (
      await lockFolder(root)
    )();
  });

  it('goes to one of many that ask at the same moment, also for a stale one', async () => {
    for (const stale of [false, true]) {
      if (stale) holder({ pid: ended() });
      const asked = await Promise.allSettled(Array.from({ length: 12 }, () => lockFolder(root)));
      const got = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(got).toHaveLength(1);
      for (const unlock of got) await unlock();
    }
  });
});

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { cacheParts, defaultCacheFolder, removeAbandoned } from './cache-folder.mjs';

it('the default cache is in XDG_CACHE_HOME, else in ~/.cache', () => {
  expect(defaultCacheFolder({ XDG_CACHE_HOME: '/cache' }, '/home/u')).toBe('/cache/distilljs');
  expect(defaultCacheFolder({}, '/home/u')).toBe('/home/u/.cache/distilljs');
  expect(defaultCacheFolder({ XDG_CACHE_HOME: 'relative' }, '/home/u')).toBe('/home/u/.cache/distilljs');
});

it('removeAbandoned spares what a running process makes', () => {
  const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-cache-'));
  try {
    removeAbandoned(cache);
    const { unfinished } = cacheParts(cache);
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    for (const name of [`tensorflow-${ended}`, `binding-${process.pid}`, 'nobody']) {
      fs.mkdirSync(path.join(unfinished, name, 'deep'), { recursive: true });
    }
    removeAbandoned(cache);
    expect(fs.readdirSync(unfinished)).toEqual([`binding-${process.pid}`]);
  } finally {
    fs.rmSync(cache, { recursive: true });
  }
});

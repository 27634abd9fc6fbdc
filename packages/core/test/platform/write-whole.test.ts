import fs from 'node:fs/promises';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UNFINISHED, writeWhole } from '@distilljs/core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whole ü-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('writes a file with the folders that its path names, and replaces it', async () => {
  const file = join(folder, 'a/b/text.json');
  await writeWhole(file, '{}');
  await writeWhole(file, Uint8Array.of(1, 2, 3));
  expect([...(await readFile(file))]).toEqual([1, 2, 3]);
  expect(await readdir(join(folder, 'a/b'))).toEqual(['text.json']);
});

it('flushes a file before it gets its name, and the folder after', async () => {
  const order: string[] = [];
  const { writeFile, rename, open } = fs;
  vi.spyOn(fs, 'writeFile').mockImplementation(async (file, data, options) => {
    order.push(`file, flush ${String((options as { readonly flush?: boolean }).flush)}`);
    await writeFile(file, data, options);
  });
  vi.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
    order.push('name');
    await rename(from, to);
  });
  vi.spyOn(fs, 'open').mockImplementation(async (path, flags) => {
    const handle = await open(path, flags);
    const sync = handle.sync.bind(handle);
    vi.spyOn(handle, 'sync').mockImplementation(async () => {
      order.push(`folder ${String(path)}`);
      await sync();
    });
    return handle;
  });
  await writeWhole(join(folder, 'flushed'), 'text').finally(() => {
    vi.restoreAllMocks();
  });
  expect(order).toEqual(['file, flush true', 'name', `folder ${folder}`]);
});

it('writes one file from many at a time', async () => {
  const file = join(folder, 'many');
  const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(5000));
  await Promise.all(texts.map((text) => writeWhole(file, text)));
  expect(texts).toContain(await readFile(file, 'utf8'));
});

it.skipIf(process.platform === 'win32')(
  'writes to a device or through a link, and replaces neither',
  async () => {
    await writeWhole('/dev/null', 'text');
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
    const [link, other] = [join(folder, 'link'), join(folder, 'other')];
    await writeFile(other, 'before');
    await symlink(other, link);
    await writeWhole(link, 'after');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(other, 'utf8')).toBe('after');
  },
);

it.skipIf(process.platform !== 'linux')('ends where no folder can be made', async () => {
  // Node's own mkdir goes round for ever here.
  await expect(writeWhole('/proc/distill/run/file', 'text')).rejects.toThrow(/ENOENT.*\/proc\/distill/);
});

it('names the file that cannot be written, keeps the earlier one, and leaves no partial file', async () => {
  const place = join(folder, 'place');
  await mkdir(place);
  await writeFile(join(place, 'mine'), 'mine');
  await expect(writeWhole(place, 'text')).rejects.toMatchObject({ path: place });
  await expect(writeWhole(join(place, 'mine/inner'), 'text')).rejects.toThrow(join(place, 'mine'));
  expect(await readFile(join(place, 'mine'), 'utf8')).toBe('mine');
  expect((await readdir(folder)).filter((name) => name.endsWith(UNFINISHED))).toEqual([]);
});

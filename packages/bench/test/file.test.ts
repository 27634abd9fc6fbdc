import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDistillError } from '@distilljs/core';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfigText } from '../src/file/index.js';

const folder = mkdtempSync(join(tmpdir(), 'file-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function refusal(path: string): Promise<string> {
  const error: unknown = await readConfigText(path).catch((caught: unknown) => caught);
  return isDistillError(error) ? `${error.code}: ${error.message}` : String(error);
}

describe('the text of a configuration', () => {
  it.each([
    ['UTF-8', Buffer.from('epochs: 3 # ü')],
    ['UTF-8 with its mark', Buffer.from('\ufeffepochs: 3 # ü')],
    ['UTF-16', Buffer.from('\ufeffepochs: 3 # ü', 'utf16le')],
    ['UTF-16, large end first', Buffer.from('\ufeffepochs: 3 # ü', 'utf16le').swap16()],
  ])('is read as %s', async (name, bytes) => {
    const file = join(folder, `ä ${name}.yaml`);
    writeFileSync(file, bytes);
    expect(await readConfigText(file)).toBe('epochs: 3 # ü');
  });

  it('is not read from a source that may never end', async () => {
    expect(await refusal('')).toBe(
      "config: configuration: expected the path of a configuration file, YAML or JSON, got ''.",
    );
    expect(await refusal(join(folder, 'no'))).toBe(
      `config: ${join(folder, 'no')}: expected a configuration file, YAML or JSON, got no such file.`,
    );
    expect(await refusal(folder)).toContain('expected a configuration file, YAML or JSON, got a folder.');
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'file'), Buffer.from([0x80, 0x81]));
    expect(await refusal(join(folder, 'file'))).toContain(
      'expected text in UTF-8, got other bytes. Save it as UTF-8.',
    );
    expect(await refusal(join(folder, 'file/x'))).toContain('got a path below a file.');
    expect(await refusal(join(folder, 'x'.repeat(300)))).toContain('got a name that is too long.');
    truncateSync(join(folder, 'file'), 17 * 2 ** 20);
    expect(await refusal(join(folder, 'file'))).toContain('YAML or JSON of at most 16 MiB, got 17 MiB');
  });

  it.skipIf(process.platform === 'win32')('is not read from a device or a pipe that has a name', async () => {
    expect(await refusal('/dev/zero')).toContain('got a device.');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await refusal(join(folder, 'pipe'))).toContain('got a named pipe.');
  });
});

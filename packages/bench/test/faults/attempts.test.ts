import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundledCli } from '../run/bundled-cli.js';
import { TINY_RUN } from '../run/tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'attempts-'));
let script = '';
beforeAll(async () => {
  script = await bundledCli();
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(dirname(script), { recursive: true, force: true });
});

const bench = (...args: string[]): { code: number | null; errors: string } => {
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { code: status, errors: stderr };
};

/** Everything that a training leaves, byte by byte. */
const contents = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((file) => [file.slice(root.length), readFileSync(file, 'base64')]),
  );

it.skipIf(process.platform === 'win32')(
  'a training that stood still while another attempt was begun and ended writes nothing more',
  { timeout: 600_000 },
  async () => {
    const run = join(folder, 'run');
    const prepared = bench('run', ...TINY_RUN, '--epochs', '60', '--seeds', '0', '--out', run, '--prepare');
    expect(prepared).toMatchObject({ code: 0 });
    expect(bench('train', run, 'teacher').code).toBe(0);
    const cell = join(run, 'kd/0');
    const first = spawn(process.execPath, [script, 'train', run, 'kd/0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    first.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const ended = new Promise<number | null>((resolve) => first.on('close', resolve));
    const metrics = join(cell, 'metrics.jsonl');
    const epochs = (): number =>
      existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0;
    while (epochs() < 3 && first.exitCode === null) await setTimeout(20);
    first.kill('SIGSTOP');
    const lock = join(cell, 'lock.json');
    const holder = JSON.parse(readFileSync(lock, 'utf8')) as {
      readonly pid: number;
      readonly attempt: number;
    };
    expect(holder).toMatchObject({ pid: first.pid, attempt: 1 });
    // A process that lives keeps its lock, however long it stands still.
    expect(bench('train', run, 'kd/0', '--take-over')).toMatchObject({ code: 2 });
    // As it reads for a process of another machine.
    writeFileSync(lock, JSON.stringify({ ...holder, host: 'another' }));
    expect(bench('train', run, 'kd/0')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('another') as unknown,
    });
    expect(bench('train', run, 'kd/0', '--take-over')).toMatchObject({ code: 0 });
    expect(existsSync(join(cell, 'result.json'))).toBe(true);
    const done = contents(cell);
    first.kill('SIGCONT');
    expect(await ended).toBe(1);
    expect(said).toMatch(/expected attempt 1 to be the latest, got one that is over/);
    expect(contents(cell)).toEqual(done);
    expect(
      bench('run', ...TINY_RUN, '--epochs', '60', '--seeds', '0', '--methods', 'kd', '--out', run, '--resume')
        .code,
    ).toBe(0);
  },
);

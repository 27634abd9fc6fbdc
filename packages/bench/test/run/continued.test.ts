import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli.js';
import { resolveConfig } from '../../src/config/index.js';
import type { RunConfig } from '../../src/config/index.js';
import { differences } from '../../src/run/open-folder.js';
import type { FoundRun } from '../../src/run/stored.js';
import { heard } from '../terminal/heard.js';
import { TINY_RUN } from './tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'continued-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const output = heard();
const out = join(folder, 'my runs');
const command = [
  'run',
  ...TINY_RUN.filter((_, at) => ![4, 5].includes(at)),
  '--methods',
  'student',
  '--out',
  out,
];

describe('a run that is continued', () => {
  const config = (changes: object): RunConfig => resolveConfig({ preset: 'quick', flags: [changes] });
  const found = (changes: object): FoundRun => ({ config: config(changes) }) as FoundRun;

  it('may not leave out what its trainings were made with', () => {
    expect(differences(config({}), found({ settleStatistics: true }))).toEqual([
      'settleStatistics (true, now nothing)',
    ]);
    expect(differences(config({}), found({ corruptions: { seed: 7 } }))).toHaveLength(1);
    expect(differences(config({ settleStatistics: true }), found({}))).toHaveLength(1);
    const tuned = { tune: { kd: { temperature: [2, 4] } }, methods: ['student', 'kd'] };
    expect(differences(config({ methods: ['student'] }), found(tuned))).toEqual([]);
  });

  it('keeps the order of its seeds, and prints commands for a shell', async () => {
    output.listen();
    expect(await main([...command, '--seeds', '3,0', '--prepare']), output.said).toBe(0);
    expect(output.printed).toContain(`distill-bench train '${out}' student/3\n`);
    expect(await main([...command, '--seeds', '1', '--prepare', '--resume']), output.said).toBe(0);
    const { seeds } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as RunConfig;
    expect(seeds).toEqual([3, 0, 1]);
  });

  it('names no peak of memory for a training of which only the result was missing', async () => {
    output.listen();
    const late = [...command.with(command.indexOf(out), join(folder, 'late')), '--seeds', '0'];
    expect(await main(late), output.said).toBe(0);
    const file = join(folder, 'late/student/0/result.json');
    const costOf = (): object => (JSON.parse(readFileSync(file, 'utf8')) as { readonly cost: object }).cost;
    expect(costOf()).toHaveProperty('peakMemoryBytes');
    rmSync(file);
    expect(await main([...late, '--resume']), output.said).toBe(0);
    expect(costOf()).not.toHaveProperty('peakMemoryBytes');
  });

  it('is planned anew where it will be replaced', async () => {
    output.listen();
    const other = [...command, '--seeds', '0', '--batch-size', '32', '--dry-run'];
    expect(await main(other)).toBe(2);
    expect(output.said).toContain('or --overwrite');
    expect(await main([...other, '--overwrite']), output.said).toBe(0);
    const thesis = join(folder, 'thesis');
    mkdirSync(thesis);
    writeFileSync(join(thesis, 'thesis.tex'), '');
    expect(await main([...other.with(other.indexOf(out), thesis), '--overwrite'])).toBe(2);
    expect(output.said).toContain('other files');
  });

  it('is watched until the process that works on it has ended, killed or not', async () => {
    output.listen();
    const watched = join(folder, 'watched');
    expect(await main([...command.with(command.indexOf(out), watched), '--prepare']), output.said).toBe(0);
    const worker = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const lock = { pid: worker.pid, host: hostname(), since: new Date().toISOString(), attempt: 1 };
    writeFileSync(join(watched, 'lock.json'), JSON.stringify(lock));
    const ends = main(['watch', watched]);
    expect(await Promise.race([ends, wait(3000, 'watching')])).toBe('watching');
    worker.kill('SIGKILL');
    expect(await ends).toBe(0);
    expect(existsSync(join(watched, 'lock.json'))).toBe(true);
  });

  it('has no part without trainings, and no plan of a part', async () => {
    output.listen();
    const seeds = ['--seeds', '0,1'];
    expect(await main([...command, ...seeds, '--resume', '--shard', '4/4'])).toBe(2);
    expect(output.said).toContain('a part that has trainings: there are 2 for 4 parts, got 4/4');
    const before = readdirSync(out);
    expect(await main([...command, ...seeds, '--overwrite', '--shard', '4/4'])).toBe(2);
    expect(readdirSync(out)).toEqual(before);
    const none = join(folder, 'none');
    expect(await main([...command.with(command.indexOf(out), none), ...seeds, '--shard', '4/4'])).toBe(2);
    expect(existsSync(none)).toBe(false);
    expect(await main([...command, ...seeds, '--resume', '--prepare', '--shard', '1/2'])).toBe(2);
    expect(output.said).toContain('expected --prepare without --shard, got both');
  });
});

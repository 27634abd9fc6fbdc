import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { tidyRun, tidyTraining } from '../../src/run/left-behind.js';

const all = mkdtempSync(join(tmpdir(), 'left-'));
let root = '';
let next = 0;
beforeEach(() => {
  root = join(all, String(next++));
});
afterAll(() => {
  rmSync(all, { recursive: true, force: true });
});

/** The number of a process that has ended. */
const ENDED = spawnSync(process.execPath, ['-e', '']).pid;

const write = (...files: readonly string[]): void => {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
};

const files = (): readonly string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
    .sort();

describe('what a killed process left', () => {
  it('of a training goes with the next attempt; what others write, and what is not its own, stays', async () => {
    const kept = [
      'checkpoint/phase-00-epoch-00001-step-0000000.safetensors.1-2.unfinished',
      `lock.json.elsewhere-${ENDED}-3`,
      `metrics.jsonl.${process.ppid}-2.unfinished`,
      `notes.md.${ENDED}-2.unfinished`,
      `predictions.safetensors.${process.pid}-2.unfinished`,
      'student/model.json',
    ];
    write(...kept);
    write(`student/model.json.${ENDED}-12.unfinished`, `student-2/weights-next.bin.${ENDED}-1.unfinished`);
    write(`result.json.${ENDED}-7.unfinished`, `lock.json.${hostname()}-${ENDED}-34`);
    await tidyTraining(root);
    expect(files()).toEqual(kept);
  });

  it('of a run goes too, but nothing from its trainings, which have locks of their own', async () => {
    const kept = [
      `kd/0/result.json.${ENDED}-2.unfinished`,
      'kd/1/result.json',
      `notes.${ENDED}-1.unfinished`,
    ];
    write(...kept);
    write(`config.json.${ENDED}-1.unfinished`, `report/plots/accuracy.svg.${ENDED}-1.unfinished`);
    write(`kd/2.${ENDED}.unfinished/student/model.json`, `lock.json.${hostname()}-${ENDED}-34`);
    await tidyRun(root);
    expect(files()).toEqual(kept);
  });

  it('while it replaced a training: the old one returns if the new one had not come, else only the files of the user', async () => {
    write(`kd/0.${ENDED}-replaced.unfinished/result.json`);
    write('kd/1/result.json', `kd/1.${ENDED}-replaced.unfinished/result.json`);
    write(`kd/1.${ENDED}-replaced.unfinished/notes.md`);
    await tidyRun(root);
    expect(files()).toEqual(['kd/0/result.json', 'kd/1/notes.md', 'kd/1/result.json']);
  });

  it('is nothing where there is no folder yet', async () => {
    await expect(tidyRun(join(root, 'none'))).resolves.toBeUndefined();
  });
});

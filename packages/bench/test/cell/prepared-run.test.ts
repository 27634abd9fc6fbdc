import { mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { preparedRuns } from '../../src/cell/prepared-run.js';
import { trainCell } from '../../src/cell/train-cell.js';
import { main } from '../../src/cli.js';
import { runFolder } from '../../src/run/run-folder.js';
import { readRun } from '../../src/run/stored.js';
import type { FoundRun } from '../../src/run/stored.js';
import { keptLog } from '../run/tiny-bench.js';
import { TINY_RUN } from '../run/tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'prepared-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it(
  'cells of one process share data and teacher, leave no tensors, and come to the same',
  { timeout: 180_000 },
  async () => {
    const flags = ['--methods', 'student,kd', '--epochs', '1', '--set', 'teacher.epochs=1'];
    const [kept, fresh] = ['kept', 'fresh'].map((name) => join(folder, name)) as [string, string];
    for (const out of [kept, fresh])
      expect(await main(['run', ...TINY_RUN, ...flags, '--out', out, '--prepare'])).toBe(0);
    const cells = ['teacher', 'student/0', 'kd/0', 'kd/1', 'student/1'];
    for (const cell of cells) expect(await trainCell(fresh, cell, { log: keptLog() })).toBe(true);

    const before = tf.memory().numTensors;
    const prepared = preparedRuns({ log: keptLog() });
    const tensors: number[] = [];
    for (const cell of cells) {
      expect(await trainCell(kept, cell, { log: keptLog(), prepared })).toBe(true);
      tensors.push(tf.memory().numTensors);
    }
    // The teacher folds its weights once for logits alone.
    expect(tensors.slice(3)).toEqual([tensors[2], tensors[2]]);
    // A teacher that is trained again is not the one that was kept.
    const place = runFolder(kept);
    const run = (await readRun(place)) as FoundRun;
    const now = await prepared.of(place, run, 'student');
    expect(await prepared.of(place, run, 'student')).toBe(now);
    utimesSync(place.teacher.result, new Date(), new Date(0));
    expect(await prepared.of(place, run, 'student')).not.toBe(now);
    prepared.dispose();
    expect(tf.memory().numTensors).toBe(before);
    for (const cell of cells.slice(1)) {
      const weights = (out: string): string => readFileSync(join(out, cell, 'student/weights.bin'), 'base64');
      expect(weights(kept)).toBe(weights(fresh));
    }
  },
);

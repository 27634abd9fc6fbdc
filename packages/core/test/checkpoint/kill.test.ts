import { checkpoints, createRandom, distill } from '@distilljs/core';
import { expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { bundledChild } from '../bundled-child.js';
import { describeOn } from '../on-engines.js';
import { outcomeOf, smallRun, undisturbed } from './small-run.js';

const EPOCHS = 8;

const program = bundledChild(new URL('./kill-child.ts', import.meta.url));

/** Starts the run and kills it some milliseconds after it may begin the step after this many. @returns the steps told */
async function killedRun(
  engine: string,
  place: string,
  steps: number,
  milliseconds: number,
): Promise<number[]> {
  const child = spawn(process.execPath, [program(), engine, place, String(EPOCHS)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [told, errors] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  // Not 'exit': then the last steps may not have been read yet.
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, signal) => {
      resolve(signal);
    }),
  );
  const reached = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      const done = told.trim().split('\n').length;
      if (done <= steps) child.stdin.write('on');
      if (done >= steps) resolve();
    });
  });
  await Promise.race([reached, ended]);
  await wait(milliseconds);
  child.kill('SIGKILL');
  expect(await ended, errors).toBe('SIGKILL');
  return told.trim().split('\n').map(Number);
}

describeOn([{ name: 'wasm', skipped: undefined }], 'a process that is killed (SIGKILL)', (engine) => {
  it('three times leaves checkpoints from which the run ends with the same bytes', async () => {
    const place = join(dirname(program()), 'run');
    const random = createRandom(11);
    let last = 0;
    for (let kill = 0; kill < 3; kill++) {
      const steps = await killedRun(engine, place, 1 + random.integer(3), 15 * random.uniform());
      // It went on from where it was, or did the last step again if its checkpoint was not yet in place.
      if (kill > 0) expect([last, last + 1]).toContain(steps[0]);
      last = steps.at(-1) ?? NaN;
    }
    expect((await readdir(place)).filter((file) => file.endsWith('.safetensors')).length).toBeGreaterThan(0);
    const result = await distill(smallRun({ epochs: EPOCHS, callbacks: [checkpoints(place)] }));
    expect(outcomeOf(result)).toEqual(await undisturbed({ epochs: EPOCHS }));
  });
});

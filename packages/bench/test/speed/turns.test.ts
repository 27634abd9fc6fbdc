import { distill, resolveEngine, student } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, expect, it } from 'vitest';
import { takeTurns } from '../../src/speed/turns.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

it('lets exactly the steps of a turn run, and ends when it is let go', async () => {
  const network = tinyNetwork(1);
  const turns = takeTurns();
  const stop = new AbortController();
  let steps = 0;
  const running = distill({
    students: [network],
    method: student(),
    train: tinyDataset(24, 1),
    epochs: 10,
    batchSize: 8,
    seed: 1,
    callbacks: [{ name: 'count', step: () => void (steps += 1) }, turns.callback],
    signal: stop.signal,
  });
  await turns.ready;
  expect(steps).toBe(0);
  expect(await turns.turn(2)).toHaveLength(2);
  // Over the end of an epoch.
  const times = await turns.turn(3);
  expect(times.every((time) => time > 0)).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(steps).toBe(5);
  stop.abort();
  turns.release();
  const result = await running;
  expect(steps).toBe(5);
  result.dispose();
  network.dispose();
});

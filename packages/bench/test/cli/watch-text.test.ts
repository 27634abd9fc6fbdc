import { expect, it } from 'vitest';
import type { RunSnapshot } from '../../src/cell/run-watch.js';
import { summaryText } from '../../src/cli/watch-command.js';

const snapshot: RunSnapshot = {
  ...{ cells: 40, isRace: false, done: 10, running: [], halfDone: 0, latest: [], cellsPerHour: 60 },
};

it('tells how long the rest of a run takes', () => {
  expect(summaryText(snapshot)).toBe(
    '10 of 40 done | 0 running | 30 left | ETA 30 min 0 s | 60.0 cells an hour',
  );
});

it('tells how long a race takes at most, since it drops methods', () => {
  expect(summaryText({ ...snapshot, isRace: true })).toContain('10 of at most 40 done');
  expect(summaryText({ ...snapshot, isRace: true })).toContain('ETA at most 30 min 0 s');
  expect(summaryText({ ...snapshot, isRace: true, done: 40 })).toMatch(/^40 of 40 done/);
});

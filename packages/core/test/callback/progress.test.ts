import { progress } from '@distilljs/core';
import type { ProgressReport, ProgressStream } from '@distilljs/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { epochOf, runControl, stepOf } from './run-control.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function recorder(isTTY?: boolean): ProgressStream & { readonly text: () => string } {
  let written = '';
  return { isTTY, write: (text) => (written += text), text: () => written };
}

/** Ten steps of eight images in ten seconds, of forty steps. */
async function tenSteps(callback: ReturnType<typeof progress>): Promise<void> {
  await callback.start?.(runControl());
  for (let done = 1; done <= 10; done++) {
    vi.advanceTimersByTime(1000);
    await callback.step?.(stepOf(done), runControl({ done }));
  }
}

describe('progress, not on a terminal', () => {
  it('starts counting again for each run', async () => {
    const stream = recorder();
    const callback = progress({ stream });
    for (let run = 0; run < 2; run++) {
      await tenSteps(callback);
      await callback.epoch?.(epochOf(0, [0.5]), runControl({ done: 10 }));
      await callback.end?.(runControl({ done: 10 }));
    }
    const [first, second] = stream.text().trim().split('\n');
    expect(second).toBe(first);
    expect(second).toContain('8 img/s');
  });

  it('writes one line per epoch: terms, accuracy, images per second and the time left', async () => {
    const stream = recorder();
    const callback = progress({ stream });
    await tenSteps(callback);
    expect(stream.text()).toBe('');
    await callback.epoch?.(epochOf(0, [0.5]), runControl({ done: 10 }));
    // 80 images in 10 s, and 30 more steps at one a second.
    expect(stream.text()).toBe(
      'kd seed 1: train epoch 1, ce 1.250, kd 0.5000, validation 50.00 %, 8 img/s, ETA 30 s\n',
    );
    await callback.end?.(runControl({ done: 10 }));
    expect(stream.text().match(/\n/g)).toHaveLength(1);
  });

  it('takes a label, several students, and a run without validation', async () => {
    const stream = recorder(false);
    const callback = progress({ stream, label: 'mine' });
    await tenSteps(callback);
    await callback.epoch?.(epochOf(0, [0.5, 0.25]), runControl({ done: 10 }));
    await callback.epoch?.(epochOf(1, []), runControl({ done: 10 }));
    const [first, second] = stream.text().split('\n');
    expect(first).toMatch(/^mine: train epoch 1, .*, validation 50\.00 %, 25\.00 %, 8 img\/s/);
    expect(second).toMatch(/^mine: train epoch 2, ce 1\.250, kd 0\.5000, 8 img\/s/);
  });

  it.each([
    [10 + 60 * 6, '6 min 0 s'],
    [10 + 90, '1 min 30 s'],
    [10 + 3600 * 2 + 300, '2 h 5 min'],
    [10, '0 s'],
  ])('tells the time left of %i steps at one a second as %s', async (total, left) => {
    const stream = recorder();
    const callback = progress({ stream });
    await tenSteps(callback);
    await callback.epoch?.(epochOf(0, []), runControl({ done: 10, total }));
    expect(stream.text()).toMatch(new RegExp(`ETA ${left}\\n$`));
  });

  it('counts a resumed run from where it continued', async () => {
    const stream = recorder();
    const callback = progress({ stream });
    const history = [epochOf(0, []), epochOf(1, [])];
    await callback.start?.(runControl({ done: 20, history }));
    for (let done = 21; done <= 30; done++) {
      vi.advanceTimersByTime(500);
      await callback.step?.(stepOf(done), runControl({ done }));
    }
    await callback.epoch?.(epochOf(2, []), runControl({ done: 30 }));
    const [first, second] = stream.text().split('\n');
    expect(first).toBe('kd seed 1: resumed after 2 of its epochs');
    expect(second).toMatch(/16 img\/s, ETA 5 s$/);
  });

  it('shows warnings, with the run that they are of', async () => {
    const stream = recorder();
    const callback = progress({ stream });
    callback.warn?.('a checkpoint is damaged');
    await callback.start?.(runControl());
    callback.warn?.('NaN');
    progress({ stream, label: 'mine' }).warn?.('careful');
    expect(stream.text()).toBe(
      'Warning: a checkpoint is damaged\nWarning: kd seed 1: NaN\nWarning: mine: careful\n',
    );
  });
});

describe('progress on a terminal', () => {
  it('draws a bar with place, images per second, the time left and terms, and removes it at the end', async () => {
    const stream = recorder(true);
    const callback = progress({ stream });
    await tenSteps(callback);
    const bar = stream.text();
    expect(bar).toContain('kd seed 1 ');
    expect(bar).toContain('25% | train epoch 1/4 | 8 img/s | ETA 30 s | ce 1.250');
    expect(bar).toContain('█');
    // Epochs do not add lines to a bar.
    await callback.epoch?.(epochOf(0, [0.5]), runControl({ done: 10 }));
    expect(stream.text()).toBe(bar);
    await callback.end?.(runControl({ done: 10 }));
    // The cursor is back.
    expect(stream.text()).toMatch(/\[\?25h/);
    const after = stream.text();
    vi.advanceTimersByTime(5000);
    expect(stream.text()).toBe(after);
  });

  it.each([
    // A terminal that does not know its width.
    [0, '25% | train epoch 1/4 | 8 img/s | ETA 30 s | ce 1.250'],
    [200, '25% | train epoch 1/4 | 8 img/s | ETA 30 s | ce 1.250'],
    [90, '25% | train epoch 1/4 | 8 img/s | ETA 30 s'],
    [70, '25% | train epoch 1/4 | ETA 30 s'],
    [60, '25% | ETA 30 s'],
    [40, '25% | ETA 30 s'],
    [26, '25%'],
    [12, 'kd seed 1 '],
  ])('fits into %i columns', async (columns, ends) => {
    const stream = { ...recorder(true), columns };
    await tenSteps(progress({ stream }));
    // eslint-disable-next-line no-control-regex
    const lines = stream.text().split(/\u001b\[\??[\d;]*[A-Za-z]|[\r\n]/);
    const drawn = lines.filter((line) => line.includes('kd seed'));
    expect(drawn.at(-1)).toContain(ends);
    for (const line of drawn) expect(line.length).toBeLessThan(columns === 0 ? Infinity : columns);
  });

  it('writes warnings on a line of their own', async () => {
    const stream = recorder(true);
    const callback = progress({ stream });
    await tenSteps(callback);
    callback.warn?.('the file is damaged');
    // Back to the start of the line, erased, so that nothing of the bar stays before it.
    expect(stream.text().endsWith('\r\u001b[KWarning: kd seed 1: the file is damaged\n')).toBe(true);
    await callback.end?.(runControl({ done: 10 }));
  });

  it('ends without a start', async () => {
    const stream = recorder(true);
    await progress({ stream }).end?.(runControl());
    expect(stream.text()).toBe('');
  });
});

describe('progress for a page', () => {
  it('reports start, steps, warnings and end, and writes nothing', async () => {
    const seen: ProgressReport[] = [];
    const callback = progress({ onProgress: (report) => seen.push(report), label: 'mine' });
    await tenSteps(callback);
    callback.warn?.('careful');
    await callback.end?.(runControl());
    expect(seen.map(({ kind }) => kind)).toEqual([
      'start',
      ...Array<string>(10).fill('step'),
      'warning',
      'end',
    ]);
    expect(seen[0]).toMatchObject({ label: 'mine', imagesPerSecond: 0, secondsLeft: undefined });
    expect(seen[10]?.imagesPerSecond).toBeGreaterThan(0);
    expect(seen[10]?.step?.batchSize).toBeGreaterThan(0);
    expect(seen[11]?.message).toBe('careful');
  });

  it('without a terminal goes to the console', () => {
    const written = vi.spyOn(console, 'info').mockImplementation(() => undefined);
    vi.stubGlobal('process', undefined);
    const callback = progress();
    vi.unstubAllGlobals();
    callback.warn?.('careful');
    expect(written.mock.calls).toEqual([['Warning: careful']]);
    written.mockRestore();
  });
});

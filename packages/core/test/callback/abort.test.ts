import { checkpoints, distill, memoryStore } from '@distilljs/core';
import type { Callback } from '@distilljs/core';
import { beforeAll, expect, it } from 'vitest';
import { outcomeOf, smallRun, STEPS, undisturbed } from '../checkpoint/small-run.js';
import { describeOn } from '../on-engines.js';

describeOn([{ name: 'cpu', skipped: undefined }], 'an AbortSignal', () => {
  let whole: Record<string, unknown>;
  beforeAll(async () => {
    whole = await undisturbed();
  });

  it.each([5, 6, STEPS])(
    'stops the run after step %i and saves it; continued, it gives the same bytes',
    async (steps) => {
      const store = memoryStore();
      const controller = new AbortController();
      const calls: string[] = [];
      const watch: Callback = {
        name: 'watch',
        step: (_, { done }) => {
          calls.push(`step ${done}`);
          if (done === steps) controller.abort();
        },
        abort: () => void calls.push('abort'),
        end: () => void calls.push('end'),
      };
      const stopped = await distill(
        smallRun({ callbacks: [checkpoints(store), watch], signal: controller.signal }),
      );
      expect(stopped.stopped?.reason).toBe('aborted');
      expect(calls.slice(-3)).toEqual([`step ${steps}`, 'abort', 'end']);
      stopped.dispose();
      const resumed = await distill(smallRun({ callbacks: [checkpoints(store)] }));
      expect(resumed.stopped).toBeUndefined();
      expect(outcomeOf(resumed)).toEqual(whole);
    },
  );

  it('from outside takes effect while the run is under way', async () => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort();
    }, 30);
    const result = await distill(smallRun({ epochs: 10_000, signal: controller.signal }));
    expect(result.stopped?.reason).toBe('aborted');
    result.dispose();
  });

  it('that was given before the start prevents every step', async () => {
    const calls: string[] = [];
    const watch: Callback = {
      name: 'watch',
      start: () => void calls.push('start'),
      step: () => void calls.push('step'),
      end: () => void calls.push('end'),
    };
    const result = await distill(smallRun({ callbacks: [watch], signal: AbortSignal.abort() }));
    expect(calls).toEqual(['start', 'end']);
    expect(result.stopped?.reason).toBe('aborted');
    expect(result.history).toEqual([]);
    result.dispose();
  });
});

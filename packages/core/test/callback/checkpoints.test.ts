import { checkpoints, distill, memoryStore, resolveEngine } from '@distilljs/core';
import type { Callback, CheckpointsOptions, CheckpointStore } from '@distilljs/core';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { outcomeOf, smallRun, undisturbed } from '../checkpoint/small-run.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** `epoch.step` of each checkpoint that a run of 4 epochs of 3 steps writes, and what is left of them. */
async function writtenBy(
  options: Partial<CheckpointsOptions>,
): Promise<{ written: string[]; left: string[] }> {
  const store = memoryStore();
  const written: string[] = [];
  const watched: CheckpointStore = {
    ...store,
    write: (name, bytes) => {
      written.push(place(name));
      return store.write(name, bytes);
    },
  };
  (await distill(smallRun({ callbacks: [checkpoints(watched, options)] }))).dispose();
  return { written, left: (await store.list()).map(place) };
}

const place = (name: string): string => {
  const [, epoch, step] = /epoch-(\d+)-step-(\d+)/.exec(name) ?? [];
  return `${Number(epoch)}.${Number(step)}`;
};

describe('checkpoints', () => {
  it('are written after each epoch, and the last two kept', async () => {
    expect(await writtenBy({})).toEqual({ written: ['1.0', '2.0', '3.0', '4.0'], left: ['3.0', '4.0'] });
  });

  it('let callbacks listed before them see every epoch, also after a kill', async () => {
    const store = memoryStore();
    const noted: number[] = [];
    let isCut = true;
    const notes: Callback = {
      name: 'notes',
      epoch({ globalEpoch }) {
        if (globalEpoch === 2 && isCut) throw new Error('killed before it wrote');
        noted.push(globalEpoch);
      },
    };
    const callbacks = [notes, checkpoints(store)];
    await expect(distill(smallRun({ callbacks }))).rejects.toThrow('killed before it wrote');
    isCut = false;
    expect(outcomeOf(await distill(smallRun({ callbacks })))).toEqual(await undisturbed());
    expect(noted).toEqual([0, 1, 2, 3]);
  });

  it('are written after every so many epochs and after the last one', async () => {
    expect(await writtenBy({ everyEpochs: 3, keep: 9 })).toEqual({
      written: ['3.0', '4.0'],
      left: ['3.0', '4.0'],
    });
  });

  it('are written within an epoch too, but its last step once', async () => {
    const { written, left } = await writtenBy({ everySteps: 1, keep: 1 });
    expect(written).toEqual([
      '0.1',
      '0.2',
      '1.0',
      '1.1',
      '1.2',
      '2.0',
      '2.1',
      '2.2',
      '3.0',
      '3.1',
      '3.2',
      '4.0',
    ]);
    expect(left).toEqual(['4.0']);
    expect((await writtenBy({ everySteps: 2, everyEpochs: 4 })).written).toEqual([
      '0.2',
      '1.2',
      '2.2',
      '3.2',
      '4.0',
    ]);
  });

  it('are not continued with resume false: the run starts over, and so does the store', async () => {
    const store = memoryStore();
    (await distill(smallRun({ seed: 9, epochs: 2, callbacks: [checkpoints(store)] }))).dispose();
    const result = await distill(
      smallRun({ callbacks: [checkpoints(store, { resume: false, everyEpochs: 4, keep: 9 })] }),
    );
    expect((await store.list()).map(place)).toEqual(['4.0']);
    expect(outcomeOf(result)).toEqual(await undisturbed());
  });

  it('with resume false keep what is stored until the new run has one of its own', async () => {
    const store = memoryStore();
    (await distill(smallRun({ seed: 9, epochs: 2, callbacks: [checkpoints(store)] }))).dispose();
    const before = await store.list();
    const full: CheckpointStore = { ...store, write: () => Promise.reject(new Error('disk full')) };
    await expect(distill(smallRun({ callbacks: [checkpoints(full, { resume: false })] }))).rejects.toThrow(
      'disk full',
    );
    expect(await store.list()).toEqual(before);
  });

  it('in two places are resumed from the first, and both go on', async () => {
    const stores = [memoryStore(), memoryStore()];
    const both = (): ReturnType<typeof checkpoints>[] => stores.map((store) => checkpoints(store));
    const stop = new AbortController();
    const stopper: Callback = {
      name: 'stopper',
      epoch({ globalEpoch }) {
        if (globalEpoch === 1) stop.abort();
      },
    };
    (await distill(smallRun({ signal: stop.signal, callbacks: [...both(), stopper] }))).dispose();
    const result = await distill(smallRun({ callbacks: both() }));
    expect(outcomeOf(result)).toEqual(await undisturbed());
    for (const store of stores) expect((await store.list()).map(place)).toEqual(['3.0', '4.0']);
  });

  it('of another run in the second place are refused, and kept', async () => {
    const [own, other] = [memoryStore(), memoryStore()];
    (await distill(smallRun({ seed: 77, callbacks: [checkpoints(other)] }))).dispose();
    (await distill(smallRun({ callbacks: [checkpoints(own)] }))).dispose();
    const kept = await other.list();
    for (const first of [own, memoryStore()]) {
      const both = [checkpoints(first), checkpoints(other)];
      const error = await caught(() => distill(smallRun({ callbacks: both })));
      expect(error.message).toContain('got one of a run with seed 77');
      expect(await other.list()).toEqual(kept);
    }
  });

  it('of two runs at one time in one place: one ends as if it were alone, the other is refused', async () => {
    const store = memoryStore();
    const ends = await Promise.allSettled(
      [0, 1].map(() => distill(smallRun({ callbacks: [checkpoints(store)] }))),
    );
    const results = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    expect(results.map(outcomeOf)).toEqual([await undisturbed()]);
    expect(reasons).toEqual([expect.objectContaining({ code: 'checkpoint', where: 'memory' })]);
    expect(String(reasons[0])).toMatch(
      /expected checkpoints of this run alone, got phase-\S+, which another run wrote meanwhile/,
    );
    expect((await store.list()).map(place)).toEqual(['3.0', '4.0']);
    results.forEach((result) => {
      result.dispose();
    });
  });

  it('that another run adds are no reason to stop where the place is guarded otherwise', async () => {
    const late = (store: CheckpointStore): ReturnType<typeof distill> =>
      distill(
        smallRun({
          callbacks: [
            checkpoints(store),
            {
              name: 'late',
              epoch: () => store.write('phase-00-epoch-00001-step-0000001', new Uint8Array(8)),
            },
          ],
        }),
      );
    expect((await caught(() => late(memoryStore()))).message).toMatch(/which another run wrote meanwhile/);
    (await late({ ...memoryStore(), isGuarded: true })).dispose();
  });

  it.each<[Partial<CheckpointsOptions>, RegExp]>([
    [{ keep: 0 }, /checkpoints\.keep: expected a whole number, at least 1, got 0/],
    [{ everyEpochs: 0 }, /checkpoints\.everyEpochs: expected a whole number, at least 1, got 0/],
    [{ everySteps: -1 }, /checkpoints\.everySteps: expected a whole number, at least 0, got -1/],
    [{ every: 1 } as object, /checkpoints: expected a known option, got 'every'/],
  ])('refuse %j', (options, message) => {
    expect(() => checkpoints(memoryStore(), options)).toThrow(message);
  });
});

describe('a folder that holds files of the user', () => {
  it('keeps them: they are not listed, counted or removed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
    const mine = ['weights.safetensors', 'notes.unfinished', 'phase-1.safetensors', 'config.json'];
    for (const name of mine) await writeFile(join(folder, name), name);
    const untouched = async (): Promise<void> => {
      for (const name of mine) expect(await readFile(join(folder, name), 'utf8')).toBe(name);
    };
    const sound = await undisturbed();
    for (const options of [{}, { keep: 1 }, { resume: false }]) {
      const result = await distill(smallRun({ callbacks: [checkpoints(folder, options)] }));
      expect(result.warnings).toEqual([]);
      expect(outcomeOf(result)).toEqual(sound);
      await untouched();
    }
    expect((await readdir(folder)).length).toBe(mine.length + 2);
    await rm(folder, { recursive: true });
  });
});

it.each([[undefined], [''], [5], [{ read: 1 }]])('checkpoints in %j are refused', async (place: unknown) => {
  expect((await caught(() => checkpoints(place as string))).message).toContain(
    'checkpoints: expected a folder’s path, or a store such as memoryStore()',
  );
});

it.skipIf(process.platform !== 'linux')(
  'checkpoints where no folder can be are refused, at once',
  async () => {
    const error = await caught(() => distill(smallRun({ callbacks: [checkpoints('/dev/null')] })));
    expect(error.message).toBe(
      '/dev/null: expected a folder for checkpoints, got something else with that name.',
    );
    await expect(distill(smallRun({ callbacks: [checkpoints('/proc/distill/run')] }))).rejects.toThrow(
      /ENOENT.*\/proc\/distill/,
    );
  },
);

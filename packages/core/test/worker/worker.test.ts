import { resolveEngine, studentOf } from '@distilljs/core';
import { createDistillWorker, serveDistill } from '@distilljs/core/worker';
import type { DistillWorker, DistillWorkerOptions, WorkerProgress } from '@distilljs/core/worker';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundledChild } from '../bundled-child.js';
import { caught } from '../caught.js';
import { tinyInput, tinyJob, withoutWorker } from './job.js';
import type { TinyInput, TinyOutput } from './job.js';

type Options = DistillWorkerOptions<TinyInput>;

beforeAll(async () => {
  await resolveEngine('wasm');
});

/** Both ends in this thread: messages are cloned as between two. */
function training(options: Options): DistillWorker<TinyOutput> {
  const { port1, port2 } = new MessageChannel();
  serveDistill(tinyJob, port2);
  return createDistillWorker<TinyInput, TinyOutput>(port1, options);
}

const bytesOf = (artifacts: tf.io.ModelArtifacts | undefined): Uint8Array =>
  new Uint8Array(artifacts?.weightData as ArrayBuffer);

describe('a training in a worker', () => {
  it('gives the weights and the history of distill, the output of the job, and a student that classifies', async () => {
    const result = await training({ input: tinyInput(2) }).result;
    const expected = await withoutWorker(tinyInput(2));
    const artifacts = result.students[0]?.artifacts;
    expect(bytesOf(artifacts)).toEqual(expected.weights);
    const losses = (history: typeof result.history): unknown => history.map(({ terms }) => terms);
    expect(losses(result.history)).toEqual(losses(expected.history));
    expect(result.engine).toBe('wasm');
    expect(result.stopped).toBeUndefined();
    expect(result.output).toMatchObject({ bestEpoch: result.best?.globalEpoch });
    const student = studentOf(await loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts)));
    expect(student.metadata.imageSize).toEqual([6, 6, 2]);
    const { classes } = await student.classify(tf.zeros<tf.Rank.R3>([6, 6, 2]));
    expect(classes).toHaveLength(3);
  });

  it('reports its start, every step, every epoch with its validation, and its end', async () => {
    const reports: WorkerProgress[] = [];
    await training({ input: tinyInput(2), onProgress: (report) => reports.push(report) }).result;
    // It warns of so few steps.
    const kinds = reports.map(({ kind }) => kind).filter((kind) => kind !== 'warning');
    expect(kinds).toEqual([
      'start',
      ...['step', 'step', 'step', 'epoch'],
      ...['step', 'step', 'step', 'epoch'],
      'end',
    ]);
    expect(reports.at(-1)).toMatchObject({ done: 6, total: 6, engine: 'wasm' });
    expect(reports.find(({ epoch }) => epoch !== undefined)?.epoch?.validation[0]?.accuracy).toBeTypeOf(
      'number',
    );
  });

  it('waits where it is paused, and comes to the same weights when it goes on', async () => {
    let steps = 0;
    const running = training({
      input: tinyInput(3),
      onProgress: ({ kind }) => (steps += kind === 'step' ? 1 : 0),
    });
    // Every request is answered, also a second one and one while it is paused.
    await Promise.all([running.pause(), running.pause()]);
    await running.pause();
    const before = steps;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(steps).toBe(before);
    expect(before).toBeLessThan(9);
    running.resume();
    const takenBack = running.pause();
    running.resume();
    await takenBack;
    const { students } = await running.result;
    expect(bytesOf(students[0]?.artifacts)).toEqual((await withoutWorker(tinyInput(3))).weights);
  });

  it('answers a pause once it waits, also after one that was taken back or is being saved', async () => {
    const place = await mkdtemp(join(tmpdir(), 'distilljs-pause-'));
    for (const checkpoints of [undefined, { place }]) {
      let steps = 0;
      const running = training({
        input: tinyInput(3),
        ...(checkpoints !== undefined && { checkpoints }),
        onProgress: ({ kind }) => {
          steps += kind === 'step' ? 1 : 0;
        },
      });
      const first = running.pause();
      // With checkpoints: while the first pause is saved.
      while (checkpoints !== undefined && (await readdir(place)).length === 0);
      running.resume();
      await running.pause();
      const before = steps;
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(steps).toBe(before);
      running.abort();
      await Promise.all([first, running.result]);
    }
    await rm(place, { recursive: true });
  });

  it('ends after the step under way when it is aborted, also while it is paused or by a signal', async () => {
    const paused = training({ input: tinyInput(50) });
    await paused.pause();
    paused.abort();
    expect((await paused.result).stopped?.reason).toMatch(/abort/);
    const controller = new AbortController();
    const signalled = training({
      input: tinyInput(50),
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done > 2) controller.abort();
      },
    });
    expect((await signalled.result).history.length).toBeLessThan(50);
  });

  it('rejects with the error of the training, and with the job’s own', async () => {
    const wrong = await caught(() => training({ input: tinyInput(1, 'option') }).result);
    expect(wrong).toMatchObject({ code: 'option', got: '0' });
    await expect(training({ input: tinyInput(1, 'own') }).result).rejects.toThrow('the job has no plan');
    const engine = await caught(() => training({ input: tinyInput(1), engine: 'abacus' }).result);
    expect(engine).toMatchObject({ code: 'engine', got: "'abacus'" });
  });

  it('reports what cannot be sent, what is no worker, and what serves nothing', async () => {
    const unsendable = { ...tinyInput(1), fault: (() => 1) as never };
    expect(await caught(() => training({ input: unsendable }).result)).toMatchObject({
      code: 'option',
      where: 'createDistillWorker, input',
    });
    expect(await caught(() => createDistillWorker('job.js' as never, { input: 1 }))).toMatchObject({
      code: 'option',
      expected: 'a Worker',
    });
    const silent = createDistillWorker(new MessageChannel().port1, { input: 1, startTimeout: 0.05 });
    expect((await caught(() => silent.result)).hint).toContain('serveDistill');
    expect(
      (
        await caught(() => {
          serveDistill(tinyJob, undefined);
        })
      ).got,
    ).toBe('the main thread');
  });

  it.each([
    [undefined, 'createDistillWorker: expected an object, got nothing.'],
    [{ input: 1, checkpoint: {} }, "a known option, got 'checkpoint'. Did you mean 'checkpoints'?"],
    [{ input: 1, checkpoints: 'my-run' }, 'checkpoints: expected an object of place, got "my-run".'],
    [{ input: 1, checkpoints: { place: '' } }, 'checkpoints.place: expected a non-empty string'],
    [{ input: 1, onProgress: 1 }, 'onProgress: expected a function of the report, got 1.'],
    [{ input: 1, signal: new AbortController() }, 'signal: expected an object of aborted'],
    [{ input: 1, startTimeout: '60' }, 'startTimeout: expected a number above 0, got "60".'],
  ])('refuses options that would have no effect: %o', async (options, message) => {
    const error = await caught(() => createDistillWorker(new MessageChannel().port1, options as never));
    expect(error.message).toContain(message);
  });

  it.each([
    [undefined, 'serveDistill: expected an object of prepare, got nothing.'],
    [{ prepare: 1 }, 'serveDistill.prepare: expected a function, got 1.'],
    [{ ...tinyJob, finished: () => 1 }, "a known option, got 'finished'."],
  ])('refuses a job that could not be served: %o', async (job, message) => {
    const error = await caught(() => {
      serveDistill(job as never, new MessageChannel().port1);
    });
    expect(error.message).toContain(message);
  });

  it('rejects at once when it is terminated, and releases whoever waits for a pause', async () => {
    const running = training({ input: tinyInput(50) });
    const pause = running.pause();
    running.terminate();
    await pause;
    expect((await caught(() => running.result)).got).toBe('terminate()');
  });
});

describe('a training in a worker thread of Node', () => {
  const program = bundledChild(new URL('child.ts', import.meta.url));
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distill-worker-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('continues from its checkpoints after it was terminated, to the bytes of one that never stopped', async () => {
    const checkpoints = { place: folder, everySteps: 1 };
    const input = tinyInput(3);
    const first = createDistillWorker<TinyInput, TinyOutput>(new Worker(program()), { input, checkpoints });
    await first.pause();
    first.terminate();
    await caught(() => first.result);
    const starts: number[] = [];
    const second = createDistillWorker<TinyInput, TinyOutput>(new Worker(program()), {
      input,
      checkpoints,
      onProgress: ({ kind, done }) => {
        if (kind === 'start') starts.push(done);
      },
    });
    const { students, history } = await second.result;
    expect(starts[0]).toBeGreaterThan(0);
    expect(history).toHaveLength(3);
    expect(bytesOf(students[0]?.artifacts)).toEqual((await withoutWorker(input)).weights);
  });

  it('says that a module does not load', async () => {
    const broken = createDistillWorker(new Worker('throw new Error("no such job")', { eval: true }), {
      input: 1,
    });
    expect(await caught(() => broken.result)).toMatchObject({ code: 'platform', got: 'Error: no such job' });
  });
});

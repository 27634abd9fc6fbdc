import * as tf from '@tensorflow/tfjs-core';
import { augmentation, checkpoints, distill, evaluate, kd, memoryStore, student } from '@distilljs/core';
import type { Callback, Dataset, DistillResult, InMemoryDataset, Pixels } from '@distilljs/core';
import { testEngines, tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const IMAGES = tinyDataset(24, 1);
const VALIDATION = tinyDataset(12, 2);

/** The same data, read in another thread's time. */
const reading = (data: InMemoryDataset, image?: (index: number) => Pixels | Promise<Pixels>): Dataset => ({
  ...data,
  image:
    image ??
    (async (index) => {
      await new Promise((resolve) => setTimeout(resolve, index % 3));
      return data.image(index).slice();
    }),
});

interface Setup {
  readonly train?: Dataset;
  readonly validation?: Dataset;
  readonly callbacks?: readonly Callback[];
  readonly signal?: AbortSignal;
  readonly epochs?: number;
}

/** Trains with KD, crops and flips; says what came out. */
async function trained(setup: Setup = {}): Promise<{
  readonly bytes: Uint8Array;
  readonly result: Pick<DistillResult, 'history' | 'normalization' | 'stopped'>;
}> {
  const [teacher, learner] = [tinyNetwork(1, { width: 4 }), tinyNetwork(2)];
  try {
    const result = await distill({
      teacher,
      students: [learner],
      method: kd(),
      train: IMAGES,
      validation: VALIDATION,
      epochs: 2,
      batchSize: 5,
      seed: 1,
      augmentation: augmentation({ padCrop: 1, flip: true }),
      ...setup,
    });
    const { normalization, stopped } = result;
    const history = result.history.map((report) => ({ ...report, seconds: 0 }));
    result.dispose();
    return { bytes: weightBytes(learner), result: { history, normalization, stopped } };
  } finally {
    teacher.dispose();
    learner.dispose();
  }
}

/** Aborts as soon as the reader hangs. */
function hanging(
  data: InMemoryDataset,
  from: number,
): { readonly data: Dataset; readonly signal: AbortSignal } {
  const controller = new AbortController();
  let calls = 0;
  const image = (index: number): Pixels | Promise<Pixels> => {
    if (calls++ < from) return Promise.resolve(data.image(index).slice());
    setTimeout(() => {
      controller.abort();
    });
    return new Promise<Pixels>(() => undefined);
  };
  return { data: reading(data, image), signal: controller.signal };
}

describeOn(REPRODUCIBLE, 'data that is read', () => {
  it('gives the bytes and the figures of data at hand', async () => {
    const atHand = await trained();
    const read = await trained({ train: reading(IMAGES), validation: reading(VALIDATION) });
    expect(read.bytes).toEqual(atHand.bytes);
    expect(read.result).toEqual(atHand.result);
  });

  it('resumes in the middle of an epoch to the bytes of an undisturbed run', async () => {
    const whole = await trained({ train: reading(IMAGES) });
    const store = memoryStore();
    const controller = new AbortController();
    const stopping: Callback = {
      name: 'stop',
      step: (report) => {
        if (report.done === 6) controller.abort();
      },
    };
    const first = await trained({
      train: reading(IMAGES),
      callbacks: [checkpoints(store), stopping],
      signal: controller.signal,
    });
    expect(first.result.stopped?.reason).toBe('aborted');
    const second = await trained({ train: reading(IMAGES), callbacks: [checkpoints(store)] });
    expect(second.bytes).toEqual(whole.bytes);
  });
});

describeOn(await testEngines(), 'batches ahead of the step', () => {
  it('the next batch is asked for before the step under way, and arrives while it runs', async () => {
    const log: string[] = [];
    let asked = 0;
    const train = reading(IMAGES, (index) => {
      if (++asked % 8 === 1) log.push(`ask ${Math.ceil(asked / 8)}`);
      return Promise.resolve(IMAGES.image(index).slice());
    });
    const learner = tinyNetwork(2);
    const steps: Callback = {
      name: 'log',
      start: () => {
        // Statistics, the scale of pixels and the trial step have read by now.
        [asked, log.length] = [0, 0];
      },
      step: ({ done }) => void log.push(`step ${done}`),
    };
    const options = { students: [learner], method: student(), epochs: 1, batchSize: 8, seed: 1, train };
    (await distill({ ...options, callbacks: [steps] })).dispose();
    learner.dispose();
    expect(log).toEqual(['ask 1', 'ask 2', 'step 1', 'ask 3', 'step 2', 'step 3']);
  });

  it('a bad image in the next batch does not undo the step before it, and is then named', async () => {
    const learner = tinyNetwork(2);
    const steps: number[] = [];
    for (const isRead of [false, true]) {
      let [started, asked] = [false, 0];
      const image = (index: number): Pixels | Promise<Pixels> => {
        const pixels = started && ++asked === 12 ? new Uint8Array(3) : IMAGES.image(index).slice();
        return isRead ? Promise.resolve(pixels) : pixels;
      };
      const watch: Callback = {
        name: 'watch',
        start: () => void (started = true),
        step: ({ done }) => void steps.push(done),
      };
      const options = { students: [learner], method: student(), epochs: 1, batchSize: 8, seed: 1 };
      const error = await caught(() =>
        distill({ ...options, train: reading(IMAGES, image), callbacks: [watch] }),
      );
      expect(error.message).toMatch(
        /^dataset 'tiny', image \d+ of 24: expected 72 values \(6×6×2\), got 3\.$/,
      );
    }
    expect(steps).toEqual([1, 1]);
    learner.dispose();
  });

  it('holds no tensor of a run that a reader ended', async () => {
    const learner = tinyNetwork(2);
    const before = tf.memory().numTensors;
    const train = reading(IMAGES, (index) =>
      index === 20 ? Promise.reject(new Error('gone')) : Promise.resolve(IMAGES.image(index).slice()),
    );
    const normalization = { mean: [0.4, 0.4], std: [0.3, 0.3] };
    const options = { students: [learner], method: student(), epochs: 1, batchSize: 8, seed: 1 };
    const error = await caught(() => distill({ ...options, train, normalization }));
    expect(error.message).toBe(
      "dataset 'tiny', image 20 of 24: expected an image that can be read, got gone.",
    );
    expect(tf.memory().numTensors).toBe(before);
    learner.dispose();
  });
});

describe('an abort does not wait for a reader that hangs', () => {
  describeOn(REPRODUCIBLE.slice(0, 1), 'distill', () => {
    // Statistics read 24 images, the trial step 2, each step 5.
    it.each([
      ['in the first step', 24 + 2, 0],
      ['in a later step', 24 + 2 + 3 * 5, 3],
    ])('%s', async (_, from, done) => {
      const { data, signal } = hanging(IMAGES, from);
      let steps = 0;
      const count: Callback = {
        name: 'count',
        step: () => {
          steps++;
        },
      };
      const { result } = await trained({ train: data, signal, callbacks: [count] });
      expect([result.stopped?.reason, steps]).toEqual(['aborted', done]);
    });

    it('in validation: the resumed run finishes the epoch', async () => {
      const { data, signal } = hanging(VALIDATION, 0);
      const store = memoryStore();
      const first = await trained({ validation: data, signal, callbacks: [checkpoints(store)] });
      expect([first.result.stopped?.reason, first.result.history]).toEqual(['aborted', []]);
      const second = await trained({ callbacks: [checkpoints(store)] });
      expect(second.bytes).toEqual((await trained()).bytes);
    });

    it('before the first step: says so', async () => {
      const { data, signal } = hanging(IMAGES, 10);
      const error = await caught(() => trained({ train: data, signal }));
      expect(error.message).toBe(
        'signal: expected no abort before the first step, got one while training images were read.',
      );
    });
  });
});

describeOn(REPRODUCIBLE.slice(0, 1), 'evaluate', () => {
  it('reads data of one’s own', async () => {
    const network = tinyNetwork(2);
    const normalization = { mean: [0.4, 0.4], std: [0.3, 0.3] };
    const ofRead = await evaluate(network, reading(VALIDATION), normalization, 5);
    expect(ofRead).toEqual(await evaluate(network, VALIDATION, normalization, 5));
    network.dispose();
  });
});

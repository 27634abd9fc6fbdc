import { arrayDataset, distill, kd } from '../../src/index.js';
import type { DistillOptions, EpochReport } from '../../src/index.js';
import type { DistillJob } from '../../src/worker/index.js';
// Not by way of the index: the suite in there needs vitest.
import { tinyNetwork } from '../../src/testing/tiny-network.js';

/** What the page of these tests sends. */
export interface TinyInput {
  readonly pixels: Uint8Array;
  readonly epochs: number;
  /** What the job gets wrong. */
  readonly fault?: 'option' | 'own' | 'numeric' | undefined;
}

export interface TinyOutput {
  readonly bestEpoch: number | undefined;
  /** What the engine says of itself. */
  readonly version: string | undefined;
}

const EDGE = 6 * 6 * 2;

export function tinyInput(epochs: number, fault?: TinyInput['fault']): TinyInput {
  const pixels = Uint8Array.from(
    { length: 12 * EDGE },
    (_, at) => (at * 37 + 91 * Math.floor(at / EDGE)) % 256,
  );
  return { pixels, epochs, fault };
}

export function tinyOptions({ pixels, epochs, fault }: TinyInput): DistillOptions {
  if (fault === 'own') throw new TypeError('the job has no plan');
  const labels = Int32Array.from({ length: pixels.length / EDGE }, (_, image) => image % 3);
  const train = arrayDataset({ images: pixels, labels, imageShape: [6, 6, 2], classes: 3 });
  return {
    teacher: tinyNetwork(1, { width: 4 }),
    students: [tinyNetwork(2, { width: 2, momentum: 0.6 })],
    method: kd(),
    train,
    validation: train,
    epochs,
    batchSize: fault === 'option' ? 0 : 4,
    seed: 1,
  };
}

let version: string | undefined;

export const tinyJob: DistillJob<TinyInput, TinyOutput> = {
  engine: 'wasm',
  prepare: (input, { engine }) => {
    ({ version } = engine);
    return tinyOptions(input);
  },
  finish: (result) => ({ bestEpoch: result.best?.globalEpoch, version }),
};

/** The same without a worker: weights as bytes, and the history. */
export async function withoutWorker(
  input: TinyInput,
): Promise<{ readonly weights: Uint8Array; readonly history: readonly EpochReport[] }> {
  const result = await distill(tinyOptions(input));
  const values = await Promise.all(result.student.model.weights.map((weight) => weight.read().data()));
  const weights = Buffer.concat(
    values.map((value) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength)),
  );
  result.dispose();
  return { weights: new Uint8Array(weights), history: result.history };
}

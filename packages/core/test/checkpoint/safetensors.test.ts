import * as tf from '@tensorflow/tfjs-core';
import {
  checkpoints,
  decodeSafetensors,
  distill,
  encodeSafetensors,
  floatValues,
  memoryStore,
  readSafetensors,
} from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { describeOn } from '../on-engines.js';
import { smallRun } from './small-run.js';

interface Header {
  readonly __metadata__: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** The layout by its specification, read without our own code: huggingface.co/docs/safetensors. */
function parse(file: Uint8Array): { header: Header; data: Uint8Array } {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const text = new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, 8 + length));
  expect(text.startsWith('{')).toBe(true);
  expect(length % 8).toBe(0);
  return { header: JSON.parse(text) as Header, data: file.subarray(8 + length) };
}

describeOn(await testEngines(), 'safetensors', () => {
  it('keep every type, shape and value', async () => {
    const tensors = {
      floats: tf.tensor2d([0, -0, 1.5, 1e-40, 3.4e38, -Infinity], [2, 3]),
      nan: tf.tensor1d([NaN, 1]),
      whole: tf.tensor1d([-2147483648, 0, 2147483647], 'int32'),
      flags: tf.tensor([1, 0, 1], [3, 1, 1], 'bool'),
      scalar: tf.scalar(7),
      empty: tf.tensor([], [0, 3]),
      'name/with "quotes" and ä': tf.ones([2]),
    };
    const metadata = { format: 'test', note: 'a "quoted" ä' };
    const file = await encodeSafetensors(tensors, metadata);
    const found = decodeSafetensors(file, 'file');
    expect(found.metadata).toEqual(metadata);
    expect(Object.keys(found.tensors)).toEqual(Object.keys(tensors));
    for (const [name, tensor] of Object.entries(tensors)) {
      const again = found.tensors[name] as tf.Tensor;
      expect(again, name).toMatchObject({ shape: tensor.shape, dtype: tensor.dtype });
      expect([...again.dataSync()], name).toEqual([...tensor.dataSync()]);
    }
    tf.dispose([tensors, found.tensors]);
  });

  it('are laid out as other programs expect them', async () => {
    const tensors = {
      a: tf.tensor2d([1, 2, 3, 4], [2, 2]),
      n: tf.tensor1d([5], 'int32'),
      b: tf.tensor1d([1, 0, 1], 'bool'),
    };
    const { header, data } = parse(await encodeSafetensors(tensors, { format: 'test' }));
    const { __metadata__: metadata, ...entries } = header;
    expect(entries).toEqual({
      a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      n: { dtype: 'I32', shape: [1], data_offsets: [16, 20] },
      b: { dtype: 'BOOL', shape: [3], data_offsets: [20, 23] },
    });
    expect(metadata).toMatchObject({ format: 'test' });
    expect(metadata['sha256']).toMatch(/^[0-9a-f]{64}$/);
    const view = new DataView(data.buffer, data.byteOffset);
    expect([0, 4, 8, 12].map((at) => view.getFloat32(at, true))).toEqual([1, 2, 3, 4]);
    expect(view.getInt32(16, true)).toBe(5);
    expect([...data.subarray(20)]).toEqual([1, 0, 1]);
    tf.dispose(tensors);
  });

  it('take no text', async () => {
    const words = tf.tensor1d(['a', 'b']);
    const error = await caught(() => encodeSafetensors({ words }, {}));
    expect(error.message).toBe("tensor 'words': expected float32, int32 or bool tensors, got string.");
    words.dispose();
  });

  it('take neither text nor tensors of a reserved name', async () => {
    const one = tf.tensor1d([1]);
    const text = await caught(() => encodeSafetensors({}, { sha256: 'mine' }));
    expect(text.message).toBe(
      'encodeSafetensors(metadata).sha256: expected another name: this one is reserved, got "mine".',
    );
    const tensor = await caught(() => encodeSafetensors({ __metadata__: one }, {}));
    expect(tensor.message).toBe(
      'encodeSafetensors(tensors).__metadata__: expected another name: this one is reserved, got a tensor of shape [1].',
    );
    one.dispose();
  });

  it('hold the whole state of a run', async () => {
    const store = memoryStore();
    const kill = {
      name: 'kill',
      step: (_: unknown, run: { done: number }) => {
        if (run.done === 5) throw new Error('killed');
      },
    };
    const run = smallRun({ callbacks: [checkpoints(store, { everySteps: 2 }), kill] });
    await expect(distill(run)).rejects.toThrow('killed');
    const { header } = parse(await store.read('phase-00-epoch-00001-step-0000002'));
    const { __metadata__: metadata, ...entries } = header;
    const size = run.students[0]?.parameters;
    expect(entries['optimizer/student/first']).toMatchObject({ dtype: 'F32', shape: [size] });
    expect(entries['optimizer/student/second']).toMatchObject({ dtype: 'F32', shape: [size] });
    for (const name of ['stem_conv/kernel', 'stem_bn/gamma', 'stem_bn/moving_variance', 'logits/bias']) {
      expect(entries).toHaveProperty([`student0/${name}`]);
      expect(entries).toHaveProperty([`best/student0/${name}`]);
    }
    expect(JSON.parse(metadata['snapshot'] ?? '')).toMatchObject({
      identity: { method: 'kd', seed: 1, epochs: 4, batchSize: 4 },
      position: { phase: 0, epoch: 1, step: 2 },
      optimizerSteps: { student: 5 },
      history: [{ globalEpoch: 0 }],
      partial: { labels: [{ kind: 'term', term: 'ce' }, { kind: 'term', term: 'kd' }, { kind: 'accuracy' }] },
      best: { globalEpoch: 0 },
    });
  });
});

describe('safetensors of other programs', () => {
  /** A file by the specification, of numbers as they lie in it. */
  const fileOf = (
    entries: Readonly<Record<string, { dtype: string; shape: number[]; bits: ArrayBufferView }>>,
  ) => {
    let offset = 0;
    const header = Object.entries(entries).map(([name, { dtype, shape, bits }]) => {
      const entry = { dtype, shape, data_offsets: [offset, offset + bits.byteLength] };
      offset += bits.byteLength;
      return [name, entry] as const;
    });
    const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
    const parts = Object.values(entries).map(
      ({ bits }) => new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength),
    );
    const file = new Uint8Array(8 + text.length + offset);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    let at = 8;
    for (const part of [text, ...parts]) {
      file.set(part, at);
      at += part.length;
    }
    return file;
  };

  it('are read without a digest, numbers of 16 and 64 bits as floats', () => {
    const { tensors, metadata } = readSafetensors(
      fileOf({
        // IEEE 754 binary16: 1, −2, 2⁻²⁴ (the smallest), 65504 (the largest), ∞.
        half: { dtype: 'F16', shape: [5], bits: Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00) },
        odd: { dtype: 'U8', shape: [1], bits: Uint8Array.of(7) },
        // The upper halves of 1, −3.140625 and NaN.
        brain: { dtype: 'BF16', shape: [3, 1], bits: Uint16Array.of(0x3f80, 0xc049, 0x7fc0) },
        double: { dtype: 'F64', shape: [], bits: Float64Array.of(0.1) },
        count: { dtype: 'I64', shape: [1], bits: BigInt64Array.of(3n) },
      }),
      'file',
    );
    expect(metadata).toEqual({});
    const valuesOf = (name: string): unknown => {
      const values = floatValues(tensors[name] as (typeof tensors)[string]);
      return values && [...values];
    };
    expect(valuesOf('half')).toEqual([1, -2, 2 ** -24, 65504, Infinity]);
    expect(valuesOf('brain')).toEqual([1, -3.140625, NaN]);
    expect(valuesOf('double')).toEqual([Math.fround(0.1)]);
    expect(valuesOf('count')).toBeUndefined();
    expect(tensors['brain']?.shape).toEqual([3, 1]);
  });

  it.each([
    [{ dtype: 'F32', shape: [2], bits: Float32Array.of(1) }, 'something else'],
    [{ dtype: 'Q4', shape: [1], bits: Float32Array.of(1) }, 'something else'],
  ])('that contradict themselves are damaged', async (entry, got) => {
    const error = await caught(() => Promise.resolve(readSafetensors(fileOf({ x: entry }), 'a file')));
    expect(error).toMatchObject({ code: 'checkpoint', where: 'a file', got });
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deviceFault, faultBehind, watchDevice } from '../../src/engine/device-fault.js';

class GPUOutOfMemoryError {
  constructor(readonly message: string) {}
}
class GPUValidationError {
  constructor(readonly message: string) {}
}

type Listener = (event: { readonly error: { readonly message: string } }) => void;

/** A backend with a device that fails when it is told to. */
function failingBackend(): { lose(reason: string, message: string): void; tell: Listener } {
  const listeners: Listener[] = [];
  let lose: (info: { reason: string; message: string }) => void = () => undefined;
  const lost = new Promise<{ reason: string; message: string }>((resolve) => (lose = resolve));
  const device = { lost, addEventListener: (_: string, listener: Listener) => listeners.push(listener) };
  const backend = { device, dispose: () => undefined, floatPrecision: () => 32 };
  tf.registerBackend('failing', () => backend as unknown as tf.KernelBackend);
  void tf.setBackend('failing');
  return {
    lose: (reason, message) => {
      lose({ reason, message });
    },
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
  };
}

let failing: ReturnType<typeof failingBackend>;
beforeEach(() => {
  failing = failingBackend();
  watchDevice();
});
afterEach(() => {
  tf.removeBackend('failing');
});

it('is none while all is well', () => {
  expect(deviceFault('here', undefined)).toBeUndefined();
});

it('says what was lost, and where training can go on from', async () => {
  failing.lose('unknown', 'the driver was reset\nframe 1');
  await Promise.resolve();
  expect(String(deviceFault("method 'kd'", 'runs/a, epoch 3'))).toBe(
    "DistillError: engine 'failing', method 'kd': expected a device that works, got device lost: the driver was reset. " +
      'Start again: the device was reset, removed or closed. Last good checkpoint: runs/a, epoch 3.',
  );
});

it('is behind a read that failed before the device said that it is lost', () => {
  const read = new Error("Failed to execute 'mapAsync' on 'GPUBuffer': Buffer was unmapped.");
  expect(faultBehind(new Error('another'), 'here', undefined)).toBeUndefined();
  expect(faultBehind(read, 'here', undefined)?.got).toMatch(/^device lost: Failed to execute 'mapAsync'/);
});

it('keeps the first fault: memory that ran out is not the operation that missed it', () => {
  failing.tell({ error: new GPUOutOfMemoryError('allocation of 8 GiB failed') });
  failing.tell({ error: new GPUValidationError('buffer is invalid') });
  const fault = deviceFault('here', undefined);
  expect(fault?.code).toBe('engine');
  expect(fault?.got).toBe('device out of memory: allocation of 8 GiB failed');
  expect(fault?.hint).toBe(
    'Use a smaller batch, smaller networks, or another engine. There is no checkpoint.',
  );
});

it('reports an operation that the device refused', () => {
  failing.tell({ error: new GPUValidationError('binding is too large') });
  expect(deviceFault('here', undefined)?.got).toBe('device refused: binding is too large');
});

it('listens once, however often it is asked to', () => {
  watchDevice();
  failing.tell({ error: new GPUOutOfMemoryError('first') });
  watchDevice();
  expect(deviceFault('here', undefined)?.got).toBe('device out of memory: first');
});

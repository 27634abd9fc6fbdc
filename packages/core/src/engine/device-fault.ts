import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';

/** A fault of a GPU, which reports it late instead of throwing. */
interface DeviceFault {
  readonly kind: 'lost' | 'out of memory' | 'refused';
  readonly message: string;
}

/** The parts of a WebGPU device that are used here. */
interface Device {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener?(
    type: 'uncapturederror',
    listener: (event: { readonly error: { readonly message: string } }) => void,
  ): void;
}

/** Key under which a backend object stores its device's first fault. */
const FAULT = Symbol.for('distilljs.deviceFault');

type WatchedBackend = { [FAULT]?: DeviceFault | 'none' } & { readonly device?: Device };

const currentBackend = (): WatchedBackend => tf.backend() as unknown as WatchedBackend;

/** Starts listening for faults of the current backend's device, if it reports any. Further calls do nothing. */
export function watchDevice(): void {
  const backend = currentBackend();
  const { device } = backend;
  if (device?.lost === undefined || backend[FAULT] !== undefined) return;
  backend[FAULT] = 'none';
  const keep = (fault: DeviceFault): void => {
    if (backend[FAULT] === 'none') backend[FAULT] = fault;
  };
  void device.lost.then(({ reason, message }) => {
    keep({ kind: 'lost', message: message === '' ? reason : message });
  });
  device.addEventListener?.('uncapturederror', ({ error }) => {
    const kind = error.constructor.name === 'GPUOutOfMemoryError' ? 'out of memory' : 'refused';
    keep({ kind, message: error.message });
  });
}

/** Error of a read that was pending when its device was lost; the device itself reports that later, or never. */
const LOST_READ = /mapAsync/;

/** {@link deviceFault} after an error that the fault may have caused. */
export function faultBehind(
  error: unknown,
  place: string,
  lastCheckpoint: string | undefined,
): DistillError | undefined {
  const backend = currentBackend();
  const isLostRead = error instanceof Error && LOST_READ.test(error.message);
  if (backend[FAULT] === 'none' && isLostRead) backend[FAULT] = { kind: 'lost', message: error.message };
  return deviceFault(place, lastCheckpoint);
}

const HINTS: Readonly<Record<DeviceFault['kind'], string>> = {
  lost: 'Start again: the device was reset, removed or closed.',
  'out of memory': 'Use a smaller batch, smaller networks, or another engine.',
  refused: 'Another engine (wasm) runs it; please report it.',
};

/**
 * The error for the current backend's device, if it has failed: nothing that it has computed since is valid.
 *
 * @param place what was running, for the message
 * @param lastCheckpoint the checkpoint from which training can resume
 */
export function deviceFault(place: string, lastCheckpoint: string | undefined): DistillError | undefined {
  const fault = currentBackend()[FAULT];
  if (fault === undefined || fault === 'none') return undefined;
  const stands =
    lastCheckpoint === undefined ? 'There is no checkpoint.' : `Last good checkpoint: ${lastCheckpoint}.`;
  return new DistillError({
    code: 'engine',
    where: `engine '${tf.getBackend()}', ${place}`,
    expected: 'a device that works',
    got: `device ${fault.kind}: ${fault.message.split('\n')[0]?.replace(/\.$/, '') ?? ''}`,
    hint: `${HINTS[fault.kind]} ${stands}`,
  });
}

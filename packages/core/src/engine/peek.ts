import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '../tensor/index.js';
import { isGathering } from './graph/index.js';
import { usesGpu } from './kernels/tensorflow-backend.js';

/**
 * A tensor's values if the engine can give them at once (cpu, wasm, node). `undefined` if reading them would
 * wait for a device (node-gpu, webgpu), or would split the graph as which a step runs (node).
 *
 * Only for a loss that can skip work if it knows some numbers: its value must be the same, up to rounding, if
 * this returns `undefined`.
 */
export function peek(tensor: Tensor): Float32Array | undefined {
  const backend = tf.getBackend();
  const atHand = backend === 'cpu' || backend === 'wasm' || (backend === 'tensorflow' && !usesGpu());
  return atHand && !isGathering() ? tensor.dataSync<'float32'>() : undefined;
}

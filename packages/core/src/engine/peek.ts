import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '../tensor/index.js';
import { isGathering } from './graph/index.js';
import { usesGpu } from './kernels/tensorflow-backend.js';

/**
 * A tensor's values where the engine has them at hand (cpu, wasm, node); `undefined` where reading them would wait for a
 * device (node-gpu, webgpu), or would cut the graph in two that a step runs as (node).
 *
 * For a loss that can leave work out when it knows some numbers, and for nothing else: what the loss says must be the same,
 * but for rounding, on an engine that does not tell.
 */
export function peek(tensor: Tensor): Float32Array | undefined {
  const backend = tf.getBackend();
  const atHand = backend === 'cpu' || backend === 'wasm' || (backend === 'tensorflow' && !usesGpu());
  return atHand && !isGathering() ? tensor.dataSync<'float32'>() : undefined;
}

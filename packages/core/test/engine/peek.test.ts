import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { peek } from '../../src/index.js';
import { describeOnEngines } from '../../src/testing/index.js';

await describeOnEngines('peek', (engine) => {
  it('gives the values of a tensor, unless it would have to wait for a device', () => {
    tf.tidy(() => {
      const seen = peek(tf.tensor2d([[1, -2, 0.5]]));
      if (engine === 'webgpu' || engine === 'node-gpu') expect(seen).toBeUndefined();
      else expect(seen).toEqual(new Float32Array([1, -2, 0.5]));
    });
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { peek } from '../../src/index.js';
import { describeOnEngines } from '../../src/testing/index.js';

await describeOnEngines('peek', (engine) => {
  it('tells the values of a tensor, unless a device would have to be waited for', () => {
    tf.tidy(() => {
      const seen = peek(tf.tensor2d([[1, -2, 0.5]]));
      if (engine === 'webgpu' || engine === 'node-gpu') expect(seen).toBeUndefined();
      else expect(seen).toEqual(new Float32Array([1, -2, 0.5]));
    });
  });
});

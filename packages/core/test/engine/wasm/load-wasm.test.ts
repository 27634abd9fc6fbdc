import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { resolveEngine } from '../../../src/index.js';

test('the wasm engine leaves no handler on the process: errors and exit codes stay those of the program', async () => {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const handlers = (): unknown[] => events.flatMap((event) => process.listeners(event as 'exit'));
  const before = handlers();
  await resolveEngine('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect(handlers()).toEqual(before);
});

import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isDistillError, resolveEngine } from '@distilljs/core';
import { ENGINES } from '../../src/engine/engines.js';

describe('resolveEngine', () => {
  const before = process.env['DISTILLJS_ENGINE'];
  afterEach(() => {
    if (before === undefined) delete process.env['DISTILLJS_ENGINE'];
    else process.env['DISTILLJS_ENGINE'] = before;
  });

  it.each(['wasm', 'cpu'])('starts %s by name, with every kernel that training needs', async (name) => {
    const engine = await resolveEngine(name);
    expect(engine).toMatchObject({ name, backend: name, reproducible: true, refused: [] });
    expect(tf.getBackend()).toBe(name);
    const gradient = tf.grad((x) => tf.sum(tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 1, 1]), 1, 'same')))(
      tf.ones([1, 4, 4, 1]),
    );
    expect((await gradient.data())[5]).toBe(9);
  });

  it('takes the first engine that works under auto and says why each better one does not', async () => {
    delete process.env['DISTILLJS_ENGINE'];
    const engine = await resolveEngine('auto');
    const order = ['node-gpu', 'node', 'webgpu', 'wasm', 'cpu'];
    expect(engine.refused.map(({ name }) => name)).toEqual(order.slice(0, order.indexOf(engine.name)));
    for (const { reason } of engine.refused) {
      expect(reason.length).toBeGreaterThan(5);
      // tfjs-node says where it looked for a binding that was never built.
      expect(reason).not.toContain('node_modules');
    }
  });

  it('lets DISTILLJS_ENGINE decide where the caller does not, and says so when it cannot be had', async () => {
    process.env['DISTILLJS_ENGINE'] = 'cpu';
    expect((await resolveEngine()).name).toBe('cpu');
    expect((await resolveEngine('auto')).name).toBe('cpu');
    expect((await resolveEngine('wasm')).name).toBe('wasm');
    process.env['DISTILLJS_ENGINE'] = 'gpu';
    await expect(resolveEngine('auto')).rejects.toMatchObject({
      code: 'option',
      message: expect.stringMatching(/^engine of DISTILLJS_ENGINE: expected one of auto/) as string,
    });
    process.env['DISTILLJS_ENGINE'] = '';
    expect((await resolveEngine('auto')).refused.map(({ name }) => name)).toContain('node-gpu');
  });

  it.each([
    ['DISTILLJS_THREADS', 'abc', 'a whole number of at least 1'],
    ['DISTILLJS_THREADS', '0', 'a whole number of at least 1'],
    ['DISTILLJS_REPEAT', 'foo', '0, 1 or check'],
    ['DISTILLJS_GRAPH', 'no', '0 or 1'],
    ['DISTILLJS_WINOGRAD', 'off', '0 or 1'],
  ])('refuses %s=%s by name', async (name, value, expected) => {
    vi.stubEnv(name, value);
    await expect(resolveEngine('cpu')).rejects.toThrow(`${name}: expected ${expected}, got '${value}'`);
    vi.stubEnv(name, '');
    await resolveEngine('cpu');
    vi.unstubAllEnvs();
  });

  it('gives TensorFlow the number of threads of DISTILLJS_THREADS, unless its own variables say another', async () => {
    vi.stubEnv('DISTILLJS_THREADS', '3');
    vi.stubEnv('TF_NUM_INTRAOP_THREADS', undefined);
    vi.stubEnv('TF_NUM_INTEROP_THREADS', '2');
    // They are set before the package is imported, which may not be installed.
    await ENGINES.find(({ name }) => name === 'node-gpu')
      ?.load()
      .catch(() => undefined);
    expect(process.env['TF_NUM_INTRAOP_THREADS']).toBe('3');
    expect(process.env['TF_NUM_INTEROP_THREADS']).toBe('2');
    vi.unstubAllEnvs();
  });

  it('refuses an unknown name and suggests one', async () => {
    await expect(resolveEngine('wsam')).rejects.toThrow(
      /expected one of auto.*got 'wsam'.*Did you mean 'wasm'/,
    );
  });

  it('refuses an unknown option', async () => {
    await expect(resolveEngine('cpu', { thread: 2 } as never)).rejects.toThrow(
      "resolveEngine: expected a known option, got 'thread'. Did you mean 'threads'?",
    );
  });

  it('never falls back from an engine that was asked for by name', async () => {
    const outcome: unknown = await resolveEngine('node-gpu').catch((caught: unknown) => caught);
    if (isDistillError(outcome)) {
      expect(outcome.code).toBe('engine');
      expect(outcome.got).toMatch(/^node-gpu: /);
      expect(outcome.hint).toContain('@tensorflow/tfjs-node-gpu');
    } else {
      expect(outcome).toMatchObject({ name: 'node-gpu' });
    }
  });
});

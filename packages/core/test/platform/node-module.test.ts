import { directoryStore, jsonl, loadModel, progress } from '@distilljs/core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { nodeModule } from '../../src/platform/node-module.js';
import { caught } from '../caught.js';

// Loaded with the first model, by an import of vitest's that reads `process`.
beforeAll(() =>
  Promise.all([
    import('../../src/model-file/read-artifacts.js'),
    import('../../src/model-file/build-model.js'),
  ]),
);
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('where there are no modules of Node', () => {
  it.each<[string, () => unknown, string]>([
    ['a module', () => nodeModule('node:fs', 'reading a file'), 'reading a file'],
    ['checkpoints in a folder', () => directoryStore('run'), 'checkpoints in a folder'],
    ['metrics in a file', () => jsonl('metrics.jsonl'), 'metrics in a file'],
    ['a model in a folder', () => loadModel('file://model'), 'models under file://'],
  ])('%s is refused in words, for that purpose', async (_, use, purpose) => {
    vi.stubGlobal('process', undefined);
    const error = await caught(use);
    vi.unstubAllGlobals();
    expect(error.code).toBe('platform');
    expect(error.message).toBe(
      `${purpose}: expected Node 20.19 or newer, got a platform without Node modules. In a browser use URLs such as indexeddb://NAME for models, and indexedDbStore(NAME) for checkpoints.`,
    );
  });

  it('progress still writes to a stream that is given', () => {
    vi.stubGlobal('process', undefined);
    let written = '';
    progress({ stream: { write: (text) => (written += text) } }).warn?.('careful');
    vi.unstubAllGlobals();
    expect(written).toBe('Warning: careful\n');
  });
});

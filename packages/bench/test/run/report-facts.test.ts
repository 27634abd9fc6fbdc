import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/index.js';
import { runFacts } from '../../src/run/write-report.js';

const folder = mkdtempSync(join(tmpdir(), 'distill-facts-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('runFacts', () => {
  it('names the methods that train a network of their own, as the run does', async () => {
    const methods = ['student', 'kd+vam', { name: 'kdexplainer', as: 'experts' }];
    const facts = await runFacts(resolveConfig({ preset: 'quick', flags: [{ methods }] }));
    expect(facts.ownNetworks).toEqual(['experts']);
  });

  it('counts the test images, where there are any', async () => {
    const synthetic = resolveConfig({ preset: 'quick', flags: [{ dataset: { testSize: 36 } }] });
    expect((await runFacts(synthetic)).testImages).toBe(36);
    const part = { size: 7, fingerprint: 'kept' };
    expect((await runFacts(synthetic, { train: part, validation: part, test: part })).testImages).toBe(7);
    const cifar = resolveConfig({
      preset: 'cifar10',
      flags: [{ dataset: { name: 'cifar10', dir: folder } }],
    });
    expect((await runFacts(cifar)).testImages).toBeUndefined();
    // Three records: a label and three planes of 1024 bytes each.
    writeFileSync(join(folder, 'test_batch.bin'), new Uint8Array(3 * (1 + 3 * 1024)));
    expect((await runFacts(cifar)).testImages).toBe(3);
  });
});

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstWithNodeApi, nodeHeaderCandidates } from './find-node-headers.mjs';

describe('nodeHeaderCandidates', () => {
  it('looks next to Node', () => {
    expect(nodeHeaderCandidates({}, '/opt/node/bin/node')).toEqual(['/opt/node/include/node']);
  });

  it('looks first in the folder that npm_config_nodedir names', () => {
    expect(nodeHeaderCandidates({ npm_config_nodedir: '/src/node' }, '/opt/node/bin/node')).toEqual([
      '/src/node/include/node',
      '/opt/node/include/node',
    ]);
  });
});

it('firstWithNodeApi takes the first folder that holds node_api.h', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-headers-'));
  try {
    const folders = ['a', 'b', 'c'].map((name) => path.join(root, name));
    expect(firstWithNodeApi(folders)).toBeUndefined();
    for (const folder of folders.slice(1)) {
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, 'node_api.h'), '');
    }
    expect(firstWithNodeApi(folders)).toBe(folders[1]);
  } finally {
    fs.rmSync(root, { recursive: true });
  }
});

import { describe, expect, it } from 'vitest';
import { checkLock } from './check-lock.mjs';
import { problemText } from './problem.mjs';
import { writeTree } from './test-tree.mjs';

/** @import { LockEntry } from './lock/lock.mjs' */

const CORE = { name: '@distilljs/core', version: '0.1.0', dependencies: { esbuild: '^1.0.0' } };

/** @type {Readonly<Record<string, LockEntry>>} */
const IN_ORDER = {
  '': { name: 'tree', devDependencies: { nx: '2.0.0' } },
  'packages/core': CORE,
  'node_modules/@distilljs/core': { resolved: 'packages/core', link: true },
  'node_modules/nx': { version: '2.0.0', optionalDependencies: { '@nx/linux': '2.0.0' } },
  'node_modules/@nx/linux': { version: '2.0.0' },
  'packages/core/node_modules/esbuild': {
    version: '1.0.0',
    optionalDependencies: { '@esbuild/mac': '1.0.0' },
  },
  'packages/core/node_modules/@esbuild/mac': { version: '1.0.0' },
};

/** Problems of a lock that is in order but for these entries. @param {Record<string, LockEntry | undefined>} changes */
function problemsWith(changes) {
  const tree = {
    'package.json': { name: 'tree', devDependencies: { nx: '2.0.0' } },
    'packages/core/package.json': CORE,
    'package-lock.json': { packages: { ...IN_ORDER, ...changes } },
  };
  return checkLock(writeTree(tree)).map(problemText);
}

describe('lock check', () => {
  it('accepts a correct lock file', () => {
    expect(problemsWith({})).toEqual([]);
  });

  it('finds a platform package that the registry lacked', () => {
    expect(problemsWith({ 'packages/core/node_modules/@esbuild/mac': undefined })).toEqual([
      'package-lock.json, packages/core/node_modules/esbuild: expected its optional dependency @esbuild/mac in the lock, got no entry. Pin a version of esbuild all of whose platform packages the registry has, then run `npm install`.',
    ]);
  });

  it("takes an optional dependency from a folder further up, not from another package's", () => {
    const entry = {
      version: '1.0.0',
      optionalDependencies: { '@nx/linux': '2.0.0', '@esbuild/mac': '1.0.0' },
    };
    expect(problemsWith({ 'node_modules/other': entry })).toEqual([
      expect.stringContaining('node_modules/other: expected its optional dependency @esbuild/mac'),
    ]);
  });

  it('finds an address', () => {
    const resolved = 'https://registry.example.org/nx/-/nx-2.0.0.tgz';
    expect(problemsWith({ 'node_modules/@nx/linux': { version: '2.0.0', resolved } })).toEqual([
      expect.stringContaining(
        'node_modules/@nx/linux: expected no `resolved` address, got one at registry.example.org.',
      ),
    ]);
  });

  it.each([
    ['version', { ...CORE, version: '0.0.9' }, 'expected version 0.1.0, got version 0.0.9'],
    [
      'range',
      { ...CORE, dependencies: { esbuild: '^0.9.0' } },
      'expected dependencies esbuild ^1.0.0, got dependencies esbuild ^0.9.0',
    ],
    [
      'dependency that is gone',
      { ...CORE, peerDependencies: { vite: '1.0.0' } },
      'expected peerDependencies vite (none), got peerDependencies vite 1.0.0',
    ],
    ['workspace', undefined, 'expected an entry for this workspace, got no entry'],
  ])('finds a manifest that the lock does not know: %s', (_what, entry, text) => {
    expect(problemsWith({ 'packages/core': entry })).toEqual([
      expect.stringContaining(`packages/core: ${text}`),
    ]);
  });

  it('finds a workspace that no longer exists', () => {
    expect(problemsWith({ 'packages/old': { version: '0.1.0' } })).toEqual([
      expect.stringContaining('packages/old: expected a package.json in that folder, got no such workspace'),
    ]);
  });

  it("finds a registry's copy of a package of this repository", () => {
    expect(problemsWith({ 'packages/core/node_modules/@distilljs/core': { version: '0.0.9' } })).toEqual([
      expect.stringContaining("expected a link to this repository's own package, got a copy from a registry"),
    ]);
  });
});

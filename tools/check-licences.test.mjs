import { expect, it } from 'vitest';
import { licenceProblems, shippedPlaces } from './check-licences.mjs';

/** A lock whose package `core` depends on `a`, which depends on a `b` of its own; `tool` is for development. */
const lock = {
  packages: {
    '': {},
    'packages/core': {
      dependencies: { a: '^1' },
      peerDependencies: { peer: '^1', optional: '^1' },
      peerDependenciesMeta: { optional: { optional: true } },
    },
    'node_modules/core': { link: true },
    'node_modules/a': { license: 'MIT', dependencies: { b: '^2' } },
    'node_modules/a/node_modules/b': { license: '(GPL-3.0-only OR ISC)' },
    'node_modules/b': { license: 'LGPL-3.0-or-later' },
    'node_modules/peer': { license: 'Apache-2.0 AND MIT' },
    'node_modules/optional': { license: 'LGPL-3.0-or-later' },
    'node_modules/tool': { license: 'MPL-2.0' },
  },
};

it('follows dependencies and required peers to what users install', () => {
  expect([...shippedPlaces(lock)].sort()).toEqual([
    'node_modules/a',
    'node_modules/a/node_modules/b',
    'node_modules/peer',
    'packages/core',
  ]);
});

it('accepts weak copyleft for development only', () => {
  expect(licenceProblems(lock)).toEqual([]);
  const shipped = { packages: { ...lock.packages, 'node_modules/a': { license: 'MPL-2.0' } } };
  expect(licenceProblems(shipped)).toMatchObject([
    { where: 'package-lock.json, node_modules/a', got: 'MPL-2.0' },
  ]);
});

it.each([
  ['none', {}],
  ['SEE LICENSE IN LICENSE', { license: 'SEE LICENSE IN LICENSE' }],
  ['MIT AND GPL-3.0-only', { license: 'MIT AND GPL-3.0-only' }],
])('refuses %s', (got, entry) => {
  expect(licenceProblems({ packages: { 'node_modules/tool': entry } })).toMatchObject([{ got }]);
});

import { DistillError } from '../error/index.js';

interface NodeModules {
  'node:crypto': typeof import('node:crypto');
  'node:fs': typeof import('node:fs');
  'node:fs/promises': typeof import('node:fs/promises');
  'node:os': typeof import('node:os');
  'node:path': typeof import('node:path');
  'node:url': typeof import('node:url');
  'node:util': typeof import('node:util');
  'node:worker_threads': typeof import('node:worker_threads');
}

/**
 * A built-in module of Node, loaded at the moment of use: a static import would break every browser bundle of
 * core.
 *
 * @param purpose what needs it, for the message
 * @throws DistillError code `platform` outside Node
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name, purpose: string): NodeModules[Name] {
  const module = isNode() ? process.getBuiltinModule(name) : undefined;
  if (module !== undefined) return module;
  throw new DistillError({
    code: 'platform',
    where: purpose,
    expected: 'Node 20.19 or newer',
    got: 'a platform without Node modules',
    hint: 'In a browser use URLs such as indexeddb://NAME for models, and indexedDbStore(NAME) for checkpoints.',
  });
}

/** True in Node and compatible runtimes. */
export function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.getBuiltinModule === 'function';
}

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readRepository } from './conventions/repository.mjs';
import * as rules from './conventions/rules.mjs';
import { report } from './problem.mjs';

/**
 * Every rule of tools/conventions against every package.
 *
 * @param {string} root
 */
export function checkConventions(root) {
  const repository = readRepository(root);
  return Object.values(rules).flatMap((rule) => rule(repository));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  report('package conventions', checkConventions(join(import.meta.dirname, '..')));
}

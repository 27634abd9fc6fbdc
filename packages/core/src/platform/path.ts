import { describeValue, DistillError } from '../error/index.js';
import { nodeModule } from './node-module.js';

const FILE = 'file://';
const SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * A file system path in Node from what a user gave: a path, or a `file:` URL as text or object.
 *
 * @param where the option or function, for the message
 * @param expected what was expected, for the message
 * @throws DistillError code `option` for anything else: otherwise a folder named `http:` or `~` would be created
 */
export function givenPath(where: string, given: unknown, expected = 'a path'): string {
  const text: unknown = given instanceof URL ? given.href : given;
  const refuse = (hint?: string): never => {
    throw new DistillError({ code: 'option', where, expected, got: describeValue(text), hint });
  };
  if (typeof text !== 'string' || text === '') return refuse();
  if (text.includes('\0')) return refuse('A path has no null characters.');
  if (text.startsWith(FILE)) return pathOfUrl(text);
  if (SCHEME.test(text)) return refuse('That is a URL; name a file or folder of this machine.');
  expectNoTilde(where, text);
  return text;
}

/** @throws DistillError code `option` for `~/…`: a shell expands it to the home folder, Node does not */
export function expectNoTilde(where: string, path: string): void {
  if (!/^~(?:[\\/]|$)/.test(path)) return;
  throw new DistillError({
    code: 'option',
    where,
    expected: 'a path',
    got: `'${path}', whose ~ only a shell reads`,
    hint: `Write the whole path, or join(homedir(), …) of node:os and node:path. A folder that is named ~ is './~'.`,
  });
}

/** True for a file system path, false for a URL. */
export const isPathText = (text: string): boolean => !SCHEME.test(text);

/** The path of a `file://` URL, including relative ones such as `file://run/student`. */
export function pathOfUrl(url: string): string {
  if (typeof url !== 'string')
    throw new DistillError({
      code: 'option',
      where: 'pathOfUrl',
      expected: 'a text',
      got: describeValue(url),
    });
  const rest = url.slice(FILE.length);
  try {
    if (!rest.startsWith('/')) return decodeURIComponent(rest);
    const { fileURLToPath } = nodeModule('node:url', 'file:// URLs');
    // In a hand-written URL, # and ? belong to the path.
    return fileURLToPath(`${FILE}${rest.replace(/[#?]/g, encodeURIComponent)}`);
  } catch {
    // A % in a hand-written URL may be literal, not the start of an escape.
    return rest;
  }
}

import { describeValue, DistillError } from '../error/index.js';
import { nodeModule } from './node-module.js';

const FILE = 'file://';
const SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * A path of Node's file system, as users write it: a path, or a `file:` URL as text or object.
 *
 * @param where option or function
 * @param expected for the message
 * @throws DistillError code `option` for anything else: a folder of the name `http:` or `~` helps nobody
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

/** @throws DistillError code `option` for `~/…`: a shell knows the home folder by that, Node does not */
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

/** Whether a text is a path of Node's, not a URL. */
export const isPathText = (text: string): boolean => !SCHEME.test(text);

/** The path of a `file:` URL, relative ones as in `file://run/student` too. */
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
    // Written by hand, a path has its own # and ?.
    return fileURLToPath(`${FILE}${rest.replace(/[#?]/g, encodeURIComponent)}`);
  } catch {
    // Nor is a % in it the start of a code.
    return rest;
  }
}

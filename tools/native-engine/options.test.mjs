import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCommand, parseOptions } from './options.mjs';

describe('parseOptions', () => {
  it('has a default for all but the TensorFlow', () => {
    const options = parseOptions([], { XDG_CACHE_HOME: '/cache' });
    expect(options).toEqual({
      package: 'tfjs-node',
      cache: '/cache/distilljs',
      project: path.resolve(import.meta.dirname, '../..'),
      force: false,
      check: false,
    });
  });

  it('makes folders absolute', () => {
    expect(parseOptions(['--cache', 'kept'], {}).cache).toBe(path.resolve('kept'));
  });

  it.each([
    [['--package', 'tfjs'], /Allowed choices are tfjs-node, tfjs-node-gpu/],
    [['--tensorflow', '/tf', '--tensorflow-version', '2.20.0'], /cannot be used with/],
    [['--frce'], /unknown option '--frce'/],
    [['extra'], /too many arguments/],
  ])('refuses %o', (args, message) => {
    const command = createCommand({})
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    expect(() => command.parse(args, { from: 'user' })).toThrow(message);
  });
});

import { DistillError, isDistillError } from '../../src/error/index.js';
import { describe, expect, it, vi } from 'vitest';

const fields = { code: 'option', where: 'kd.alpha', expected: 'a number', got: 'NaN' } as const;

describe('DistillError', () => {
  it('says where, expected, got, and what to do', () => {
    expect(new DistillError(fields).message).toBe('kd.alpha: expected a number, got NaN.');
    const error = new DistillError({ ...fields, hint: 'Leave it out.' });
    expect(error.message).toBe('kd.alpha: expected a number, got NaN. Leave it out.');
    expect(error).toMatchObject({ ...fields, hint: 'Leave it out.', name: 'DistillError' });
  });

  it('carries the error underneath', () => {
    const cause = new Error('disk full');
    expect(new DistillError({ ...fields, cause }).cause).toBe(cause);
  });

  it('is recognised when another copy of the class made it', async () => {
    vi.resetModules();
    const copy = await import('../../src/error/distill-error.js');
    expect(copy.DistillError).not.toBe(DistillError);
    const foreign = new copy.DistillError(fields);
    expect(foreign).not.toBeInstanceOf(DistillError);
    expect(isDistillError(foreign)).toBe(true);
    expect(copy.isDistillError(new DistillError(fields))).toBe(true);
  });

  it('is told from everything else', () => {
    const lookalikes = [
      new Error('kd.alpha'),
      { ...fields, name: 'DistillError' },
      'DistillError',
      undefined,
      null,
    ];
    for (const other of lookalikes) expect(isDistillError(other)).toBe(false);
  });

  it('keeps its brand out of sight', () => {
    expect(Object.keys(new DistillError(fields)).sort()).toEqual([
      'code',
      'expected',
      'got',
      'hint',
      'name',
      'where',
    ]);
  });
});

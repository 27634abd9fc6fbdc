import { asDistillError } from '../../src/error/first-line.js';
import { DistillError, isDistillError } from '../../src/error/index.js';
import { describe, expect, it, vi } from 'vitest';

const fields = { code: 'option', where: 'kd.alpha', expected: 'a number', got: 'NaN' } as const;

describe('DistillError', () => {
  it.each([
    [new Error('no'), 'no'],
    [new Error('\n\n  no room \nat f'), 'no room'],
    [new RangeError(''), 'RangeError'],
    ['', "''"],
    ['\nfirst\nsecond', 'first'],
    [Object.create(null), 'an object'],
    [undefined, 'nothing'],
  ])('says what was thrown, whatever it is: %o', (thrown, got) => {
    const error = asDistillError(thrown, { code: 'data', where: 'place', expected: 'a file' });
    expect(error.message).toBe(`place: expected a file, got ${got}.`);
  });

  it('cuts words of a hint that are no words', () => {
    const { hint } = new DistillError({
      ...fields,
      hint: `Rename ${'x'.repeat(5000)} to y.\n  Or ${'z'.repeat(5000)}.`,
    });
    expect(hint).toBe(`Rename ${'x'.repeat(299)}… to y.\n  Or ${'z'.repeat(299)}…`);
  });

  it('never leaves out what was there', () => {
    expect(new DistillError({ ...fields, got: ' ' }).message).toBe(
      'kd.alpha: expected a number, got nothing.',
    );
  });

  it('says where, expected, got, and what to do', () => {
    expect(new DistillError(fields).message).toBe('kd.alpha: expected a number, got NaN.');
    const error = new DistillError({ ...fields, hint: 'Leave it out.' });
    expect(error.message).toBe('kd.alpha: expected a number, got NaN. Leave it out.');
    expect(error).toMatchObject({ ...fields, hint: 'Leave it out.', name: 'DistillError' });
  });

  it('ends with one full stop, where what was there has one too', () => {
    const error = new DistillError({ ...fields, got: 'a damaged file. Use another one.' });
    expect(error.message).toBe('kd.alpha: expected a number, got a damaged file. Use another one.');
    expect(error.got).toBe('a damaged file. Use another one.');
    expect(new DistillError({ ...fields, got: '..' }).message).toBe('kd.alpha: expected a number, got ...');
  });

  it('shows control characters as escapes, and cuts what is very long', () => {
    const error = new DistillError({
      ...fields,
      where: 'a\u001b[2Jb',
      got: `'x\ny\u202e\ud800' ${'z'.repeat(5e6)}`,
      hint: 'first\n  second\u0000',
    });
    expect(error.where).toBe('a\\u{1b}[2Jb');
    expect(error.got).toMatch(/^'x\\ny\\u\{202e\}\\u\{d800\}' z+…$/);
    expect(error.hint).toBe('first\n  second\\u{0}');
    expect(error.message.length).toBeLessThan(3000);
    expect(error.message).toContain(`got ${error.got}. ${error.hint ?? ''}`);
    expect(new DistillError({ ...fields, got: 'größer, 模型 🙂' }).got).toBe('größer, 模型 🙂');
  });

  it('carries the error underneath', () => {
    const cause = new Error('disk full');
    expect(new DistillError({ ...fields, cause }).cause).toBe(cause);
  });

  it('is recognized when another copy of the class made it', async () => {
    vi.resetModules();
    const copy = await import('../../src/error/distill-error.js');
    expect(copy.DistillError).not.toBe(DistillError);
    const foreign = new copy.DistillError(fields);
    expect(foreign).not.toBeInstanceOf(DistillError);
    expect(isDistillError(foreign)).toBe(true);
    expect(copy.isDistillError(new DistillError(fields))).toBe(true);
  });

  it('is distinguished from everything else', () => {
    const lookalikes = [
      new Error('kd.alpha'),
      { ...fields, name: 'DistillError' },
      'DistillError',
      undefined,
      null,
    ];
    for (const other of lookalikes) expect(isDistillError(other)).toBe(false);
  });

  it('keeps its brand hidden', () => {
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

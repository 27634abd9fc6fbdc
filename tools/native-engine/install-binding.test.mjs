import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installBinding } from './install-binding.mjs';

/** @type {string} */
let root;
/** @type {string} */
let target;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-install-'));
  target = path.join(root, 'lib', 'napi-v8', 'tfjs_binding.node');
  fs.writeFileSync(path.join(root, 'new.node'), 'new');
});

afterEach(() => fs.rmSync(root, { recursive: true }));

function putFormer() {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, 'former');
}

function install() {
  return installBinding(path.join(root, 'new.node'), target);
}

/** @returns {string[]} */
function files() {
  return fs.readdirSync(path.dirname(target)).sort();
}

describe('installBinding', () => {
  it('puts a binding where there was none, and takes it away again', () => {
    const installation = install();
    expect(fs.readFileSync(target, 'utf8')).toBe('new');
    installation.restore();
    expect(files()).toEqual([]);
  });

  it('restores the former binding', () => {
    putFormer();
    const installation = install();
    expect(fs.readFileSync(target, 'utf8')).toBe('new');
    installation.restore();
    expect(fs.readFileSync(target, 'utf8')).toBe('former');
    expect(files()).toEqual(['tfjs_binding.node']);
  });

  it('keeps a former binding that cannot be had again', () => {
    putFormer();
    const former = install().keep(() => false);
    expect(fs.readFileSync(former ?? '', 'utf8')).toBe('former');
    expect(path.basename(former ?? '')).toMatch(/^tfjs_binding\.node\.previous-[0-9a-f]{12}$/);
    expect(fs.readFileSync(target, 'utf8')).toBe('new');
  });

  it('drops a former binding that can be had again, or is the same', () => {
    putFormer();
    expect(install().keep(() => true)).toBeUndefined();
    expect(install().keep(() => false)).toBeUndefined();
    expect(files()).toEqual(['tfjs_binding.node']);
  });
});

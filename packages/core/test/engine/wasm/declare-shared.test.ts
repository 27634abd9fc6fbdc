import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { declareShared } from '../../../src/engine/wasm/declare-shared.js';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** A memory of its own, at least 1 page, at most 2, exported as m. */
const OWN = [...HEADER, 5, 4, 1, 1, 1, 2, 7, 5, 1, 1, 0x6d, 2, 0];
/** A function, a table, a global and a memory of at least 1 page, all imported from e. */
const IMPORTED = [
  ...HEADER,
  ...[1, 4, 1, 0x60, 0, 0],
  ...[2, 29, 4, 1, 0x65, 1, 0x66, 0, 0, 1, 0x65, 1, 0x74, 1, 0x70, 0, 0],
  ...[1, 0x65, 1, 0x67, 3, 0x7f, 0, 1, 0x65, 1, 0x6d, 2, 0, 1],
];
const shared = (pages: number): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });

test('a memory of its own becomes a shared one', () => {
  const module = new WebAssembly.Module(declareShared(Uint8Array.from(OWN)) as Uint8Array<ArrayBuffer>);
  const { m } = new WebAssembly.Instance(module).exports as { m: WebAssembly.Memory };
  expect(m.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(m.buffer.byteLength).toBe(65_536);
  m.grow(200);
});

test('an imported memory is asked for as a shared one, whatever else is imported', () => {
  const bytes = Uint8Array.from(IMPORTED);
  const others = {
    f: () => undefined,
    t: new WebAssembly.Table({ element: 'anyfunc', initial: 0 }),
    g: 1,
  };
  const start = (binary: Uint8Array<ArrayBuffer>): WebAssembly.Instance =>
    new WebAssembly.Instance(new WebAssembly.Module(binary), { e: { ...others, m: shared(1) } });
  expect(() => start(bytes)).toThrow(/shared/);
  expect(() => start(declareShared(bytes) as Uint8Array<ArrayBuffer>)).not.toThrow();
});

test('nothing is done twice, nor without a memory', () => {
  expect(declareShared(declareShared(Uint8Array.from(OWN)) ?? new Uint8Array())).toBeNull();
  expect(declareShared(Uint8Array.from(HEADER))).toBeNull();
});

test.each(['tfjs-backend-wasm-simd', 'tfjs-backend-wasm'])("tfjs's binary %s stays valid", async (name) => {
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  const binary = await readFile(join(dirname(main), '../wasm-out', `${name}.wasm`));
  expect(WebAssembly.validate(declareShared(binary) as Uint8Array<ArrayBuffer>)).toBe(true);
});

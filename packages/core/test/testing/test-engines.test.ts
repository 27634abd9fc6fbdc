import { testEngines } from '@distilljs/core/testing';
import { afterEach, expect, it } from 'vitest';

const before = process.env['DISTILLJS_ENGINE'];
afterEach(() => {
  if (before === undefined) delete process.env['DISTILLJS_ENGINE'];
  else process.env['DISTILLJS_ENGINE'] = before;
});

const withVariable = async (value: string | undefined): Promise<string[]> => {
  if (value === undefined) delete process.env['DISTILLJS_ENGINE'];
  else process.env['DISTILLJS_ENGINE'] = value;
  return (await testEngines()).map(({ name }) => name);
};

it.each([
  [undefined, ['cpu', 'wasm', 'node']],
  ['', ['cpu', 'wasm', 'node']],
  ['auto', ['cpu', 'wasm', 'node']],
  ['wasm', ['wasm']],
])('DISTILLJS_ENGINE=%s tests on %j', async (value, names) => {
  expect(await withVariable(value)).toEqual(names);
});

it('runs cpu and wasm always, and says why node does not where it does not', async () => {
  await withVariable(undefined);
  const [cpu, wasm, node] = await testEngines();
  expect([cpu?.skipped, wasm?.skipped]).toEqual([undefined, undefined]);
  if (node?.skipped !== undefined) expect(node.skipped).toMatch(/^node: ./);
});

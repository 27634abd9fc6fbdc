import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { isRunConfig, presets, resolveConfig } from '../../../src/config/index.js';
import type { RunConfig } from '../../../src/config/index.js';
import { configurableMethods } from '../../../src/run/method-catalog.js';
import { methodProblems } from '../../../src/run/method-problems.js';
import { byteEdit, editedText, editedTree, treeEdit, withRaws } from '../mutation.js';
import type { ByteEdit, TreeEdit } from '../mutation.js';
import { must, outcome, target } from '../target.js';

interface Case {
  readonly base: number;
  readonly format: 'yaml' | 'flow' | 'json' | 'short json';
  readonly edits: readonly TreeEdit[];
  readonly textEdits: readonly ByteEdit[];
}

/** YAML that is more than plain values. */
const RAW = [
  '&a [*a]', '*nothing', '&b 1', '*b', '!!js/function x', '!!set {a}', '!!binary aGk=', '? [a]', '.nan', '.inf', '-.inf',
  '0o17', '0x1F', '1_000', '1e400', '2001-01-01', 'yes', '~', '<<: {a: 1}', '{<<: *b}', '{[a]: 1}', '{a: 1, a: 2}',
  '|\n  text', '"\\u0000"', '"\\x1b[31m"', '%YAML 1.1', '--- 1', '...', '@x', '`x`', "'", '"', '[', '{', ']', '\t- 1',
  '[&x [1,1,1,1,1,1,1,1,1,1], &y [*x,*x,*x,*x,*x,*x,*x,*x,*x,*x], &z [*y,*y,*y,*y,*y,*y,*y,*y,*y,*y], &w [*z,*z,*z,*z,*z,*z,*z,*z,*z,*z], &v [*w,*w,*w,*w,*w,*w,*w,*w,*w,*w], [*v,*v,*v,*v,*v,*v,*v,*v,*v,*v]]',
]; // prettier-ignore

const KEYS = [
  'preset', 'engine', 'dataset', 'name', 'dir', 'trainSize', 'teacher', 'model', 'path', 'kind', 'views', 'cache', 'student',
  'methods', 'as', 'options', 'cohort', 'seeds', 'epochs', 'batchSize', 'optimizer', 'learningRate', 'schedule', 'milestones',
]; // prettier-ignore

/** Configurations that users would write: the presets and the ones that come with the package. */
function bases(): readonly object[] {
  const comparisons = process.env['FUZZ_COMPARISONS'] ?? '';
  const files = comparisons === '' ? [] : readdirSync(comparisons).sort();
  return [
    { preset: 'cifar100', dataset: { dir: 'data' }, teacher: { path: 'teacher' }, seeds: [3] },
    { preset: 'quick', methods: ['student', { name: 'kd', as: 'warm', options: { temperature: 8 } }] },
    ...Object.values(presets),
    ...files.map((file) => parse(readFileSync(join(comparisons, file), 'utf8')) as object),
  ];
}

function textOf({ base, format, edits, textEdits }: Case): string {
  const all = bases();
  const raws: string[] = [];
  const { value = null } = editedTree(all[base % all.length], edits, raws);
  const yaml = format === 'yaml' ? {} : { collectionStyle: 'flow' as const };
  const text = format.endsWith('json')
    ? jsonText(value, format === 'json' ? 2 : 0)
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, ...yaml });
  return editedText(withRaws(text, raws), textEdits);
}

/** Deep values overflow the stack of whoever writes them: they are cut there. */
function jsonText(value: unknown, indent: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch {
    return '['.repeat(20_000);
  }
}

/** A configuration as `distill-bench run --config` reads it. */
function configOf(text: string, name = 'run.yaml'): RunConfig {
  return resolveConfig({
    file: { text, name },
    methodNames: configurableMethods,
    checkMethod: methodProblems,
  });
}

export const configs = target<Case>({
  name: 'configurations',
  arbitrary: fc.record({
    base: fc.nat(40),
    format: fc.constantFrom('yaml', 'flow', 'json', 'short json'),
    edits: fc.array(treeEdit(KEYS, RAW), { maxLength: 4 }),
    textEdits: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(byteEdit(), { maxLength: 3 }) },
    ),
  }),
  check: (input) => {
    let text: string;
    try {
      text = textOf(input);
    } catch (error) {
      // The writer of YAML recurses too.
      if (error instanceof RangeError) return Promise.resolve('unwritable');
      throw error;
    }
    return outcome(() => {
      const config = configOf(text);
      must(isRunConfig(config), 'a configuration that is taken is complete', config);
      const again = configOf(JSON.stringify(config), 'config.json');
      must(isDeepStrictEqual(again, config), 'config.json means the same run', again, config);
      if (input.edits.length + input.textEdits.length > 0) return;
      const all = bases();
      const same = configOf(JSON.stringify(all[input.base % all.length]));
      must(isDeepStrictEqual(config, same), 'every format says the same', config, same);
    });
  },
});

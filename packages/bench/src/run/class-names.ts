import { DistillError } from '@distilljs/core';
import { readDataText } from '../file/index.js';

/**
 * A teacher's class names in the order of its logits, from a file: one name per line, a JSON list, or a JSON object from index to name
 * or back, such as `imagenet_class_index.json`, `id2label`, and a `config.json` with it.
 *
 * @throws DistillError code `config` for another content
 */
export function classNamesIn(file: string): readonly string[] {
  const text = readDataText(file, 'a file of class names', 16 * 2 ** 20, 'config').trim();
  const names = /^[[{]/.test(text)
    ? namesIn(jsonOf(text))
    : text.split(/\s*\n\s*/).filter((line) => line !== '');
  const isRight = names?.every((name) => typeof name === 'string') === true;
  if (isRight && names.length > 0) return names;
  throw new DistillError({
    code: 'config',
    where: `teacher.classes, ${file}`,
    expected: 'one name per line, a JSON list of names, or a JSON object with a name for each index from 0',
    got: isRight ? 'none' : 'other JSON',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Names by index; undefined where the JSON has another form. */
function namesIn(json: unknown): readonly unknown[] | undefined {
  if (Array.isArray(json) || typeof json !== 'object' || json === null)
    return Array.isArray(json) ? json : undefined;
  const { id2label = json } = json as { readonly id2label?: object };
  const entries = Object.entries(id2label) as (readonly [string, unknown])[];
  const isReversed = entries.every(([, value]) => typeof value === 'number');
  const byIndex = new Map(entries.map(([key, value]) => (isReversed ? [String(value), key] : [key, value])));
  const names = entries.map((_, index) => byIndex.get(String(index)));
  // ImageNet's index has the synset beside the name; either may be what the data calls the class.
  return names.map((name) => (Array.isArray(name) ? name.join(', ') : name));
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { classNamesIn } from '../../src/run/class-names.js';

const folder = mkdtempSync(join(tmpdir(), 'class-names-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
function namesOf(content: string | Uint8Array): readonly string[] {
  const file = join(folder, 'names');
  writeFileSync(file, content);
  return classNamesIn(file);
}

describe('class names in a file', () => {
  const label2id = '{"dog": 1, "café": 0}';
  it.each<[what: string, content: string | Uint8Array]>([
    ['lines', 'café\r\n\r\n dog \n'],
    ['lines in UTF-16', Buffer.from('\uFEFFcafé\ndog', 'utf16le')],
    ['a list with a byte order mark', '\uFEFF["café", "dog"]'],
    ['id2label', '{"1": "dog", "0": "café"}'],
    ['label2id', label2id],
    [
      'a configuration of Hugging Face',
      `{"a": 1, "id2label": {"0": "café", "1": "dog"}, "label2id": ${label2id}}`,
    ],
  ])('may be %s', (_, content) => {
    expect(namesOf(content)).toEqual(['café', 'dog']);
  });

  it("may be ImageNet's index, whose synsets match, too", () => {
    expect(namesOf('{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}')).toEqual([
      'n01440764, tench',
      'n01443537, goldfish',
    ]);
  });

  it.each<[what: string, content: string | Uint8Array, says: RegExp]>([
    [
      'an index that is missing',
      '{"0": "cat", "2": "dog"}',
      /names: expected one name per line, a JSON list .*, got other JSON/,
    ],
    ['JSON of another form', '{"classes": {"a": {}}}', /got other JSON/],
    ['a name that is none', '["cat", 5]', /got other JSON/],
    ['what only begins as JSON', '{"0": "cat",', /got other JSON/],
    ['no names', '\n', /got none/],
    ['no names in a list', '[]', /got none/],
    [
      'another encoding',
      Buffer.from('café', 'latin1'),
      /names: expected text in UTF-8, got other bytes\. Save it as UTF-8/,
    ],
  ])('are refused: %s', (_, content, says) => {
    expect(() => namesOf(content)).toThrow(says);
    expect(() => namesOf(content)).toThrow(expect.objectContaining({ code: 'config' }) as Error);
  });
});

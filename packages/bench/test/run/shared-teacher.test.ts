import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runFolder } from '../../src/run/run-folder.js';
import { copyTeacher } from '../../src/run/shared-teacher.js';
import { TEACHER } from '../report/report-fixture.js';

const all = mkdtempSync(join(tmpdir(), 'shared-teacher-'));
afterAll(() => {
  rmSync(all, { recursive: true });
});

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

it('a teacher that is copied to another task leaves what a user keeps in its folders', async () => {
  const [from, to] = ['one', 'other'].map((task) => runFolder(join(all, task)).teacher);
  if (from === undefined || to === undefined) throw new Error('two folders');
  put(from.root, {
    'model/model.json': 'graph',
    'model/weights.bin': 'weights',
    'model/notes.txt': 'of the first task',
    'notes.txt': 'of the first task',
    'metrics.jsonl': 'epochs',
    'result.json': JSON.stringify(TEACHER),
    'checkpoint/phase-1-epoch-1-step-1.safetensors': 'checkpoint',
    'outputs/logits.f32': 'outputs',
  });
  put(to.root, {
    'model/model.json': 'half done',
    'model/notes.txt': 'of the other task',
    'model/best/weights.bin': 'the user’s own',
    'notes.txt': 'of the other task',
    'checkpoint/mine.txt': 'the user’s own',
  });
  await copyTeacher(from, to);
  const read = (path: string): string => readFileSync(join(to.root, path), 'utf8');
  expect(['model/model.json', 'model/weights.bin', 'metrics.jsonl'].map(read)).toEqual([
    'graph',
    'weights',
    'epochs',
  ]);
  expect(JSON.parse(read('result.json'))).toEqual(JSON.parse(JSON.stringify(TEACHER)));
  expect([read('model/notes.txt'), read('notes.txt')]).toEqual(['of the other task', 'of the other task']);
  expect([read('model/best/weights.bin'), read('checkpoint/mine.txt')]).toEqual([
    'the user’s own',
    'the user’s own',
  ]);
  expect(existsSync(join(to.root, 'outputs'))).toBe(false);
});

import { cpSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { resolveConfig } from '../../../src/config/index.js';
import type { RunConfig } from '../../../src/config/index.js';
import { runConfig } from '../../../src/run/run-config.js';
import { rewriteReport } from '../../../src/run/write-report.js';
import { contentsOf, editFiles, expectKept } from '../folder.js';
import type { FileEdit } from '../folder.js';
import { byteEdit, editedBytes, editedTree, treeEdit } from '../mutation.js';
import type { ByteEdit, TreeEdit } from '../mutation.js';
import { must, outcome, target } from '../target.js';

/** What is done to a file, counted round those there are. */
export interface FileChange {
  readonly file: number;
  /** Done to the JSON of the file, or of one of its lines. */
  readonly json: readonly TreeEdit[];
  readonly bytes: readonly ByteEdit[];
}

/** @param keys that mean something in the files */
export const fileChange = (keys: readonly string[]): fc.Arbitrary<FileChange> =>
  fc.record({
    file: fc.nat(60),
    json: fc.array(treeEdit(keys), { maxLength: 2 }),
    bytes: fc.nat(2).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 2 : 0 })),
  });

interface Case {
  readonly changes: readonly FileChange[];
  readonly files: readonly FileEdit[];
  readonly then: 'report' | 'resume';
}

const KEYS = [
  'schema', 'method', 'seed', 'options', 'testAccuracyLast', 'testAccuracyBest', 'epochs', 'warnings', 'engine', 'packages', 'train',
  'test', 'size', 'exhibits', 'panels', 'values', 'rows', 'labels', 'title', 'model', 'terms', 'validation', 'phase', '__proto__',
]; // prettier-ignore

const CONFIG: RunConfig = resolveConfig({
  preset: 'quick',
  flags: [
    {
      engine: 'cpu',
      dataset: { imageSize: 8, trainSize: 40, testSize: 12, classes: 4, superclasses: 2 },
      teacher: { model: 'plain8', epochs: 1 },
      student: { model: 'plain8' },
      methods: ['student', 'cckd'],
      seeds: [0, 1],
      epochs: 1,
      batchSize: 12,
    },
  ],
});

/** A finished run; made once. */
async function prepared(): Promise<{ run: string; files: readonly string[]; rows: unknown }> {
  const run = join(mkdtempSync(join(tmpdir(), 'distill-fuzz-run-')), 'run');
  const log = { say: () => undefined, progress: () => ({ name: 'none' }) };
  const done = await runConfig({ config: CONFIG, out: run, existing: 'refuse', log });
  const files = [...contentsOf(run).keys()].filter((path) => statSync(join(run, path)).isFile());
  return { run, files: files.filter((path) => !path.startsWith('report')), rows: done?.report.rows };
}
let made: ReturnType<typeof prepared> | undefined;

/** Does to a file what a change says: to a value of its JSON, or to one line of JSON, or to its bytes. */
export function changeFile(path: string, { json, bytes }: FileChange): void {
  if (!existsSync(path) || !statSync(path).isFile()) return;
  let content = readFileSync(path);
  if (json.length > 0 && /\.jsonl?$/.test(path)) {
    const lines = path.endsWith('l')
      ? content
          .toString()
          .split('\n')
          .filter((line) => line !== '')
      : [content.toString()];
    const place = (json[0]?.at ?? 0) % lines.length;
    content = Buffer.from(lines.map((line, at) => (at === place ? edited(line, json) : line)).join('\n'));
  }
  writeFileSync(path, editedBytes(content, bytes));
}

function edited(text: string, edits: readonly TreeEdit[]): string {
  try {
    return JSON.stringify(editedTree(JSON.parse(text), edits).value ?? null);
  } catch {
    // An earlier change left no JSON, or one that is too deep to be written.
    return '['.repeat(20_000);
  }
}

const file = fc.nat(60);

export const runFolders = target<Case>({
  name: 'run-folders',
  arbitrary: fc.record({
    changes: fc.array(fileChange(KEYS), { maxLength: 2 }),
    files: fc.nat(2).chain((chance) =>
      fc.array(
        fc.oneof(
          fc.record({ do: fc.constant('remove' as const), file }),
          fc.record({ do: fc.constant('copy' as const), from: file, to: file }),
          fc.record({ do: fc.constant('folder' as const), file }),
          fc.record({
            do: fc.constant('link' as const),
            file,
            to: fc.constantFrom('nowhere', '.', '/dev/null'),
          }),
        ),
        { maxLength: chance === 0 ? 2 : 0 },
      ),
    ),
    then: fc.constantFrom('report', 'report', 'resume'),
  }),
  check: async ({ changes, files, then }, folder) => {
    const known = await (made ??= prepared());
    const run = join(folder, 'run');
    cpSync(known.run, run, { recursive: true });
    for (const each of changes)
      changeFile(join(run, known.files[each.file % known.files.length] ?? ''), each);
    for (const edit of files) editFiles(run, known.files, edit);
    writeFileSync(join(folder, 'own.txt'), "the user's");
    const before = contentsOf(folder);
    const stopped = new AbortController();
    stopped.abort();
    const log = { say: () => undefined, progress: () => ({ name: 'none' }) };
    const found = await outcome(async () => {
      const { report } =
        (then === 'report'
          ? await rewriteReport(run)
          : await runConfig({ config: CONFIG, out: run, existing: 'resume', log, signal: stopped.signal })) ??
        {};
      // Something is missing, and is not trained here.
      if (report === undefined) return 'unfinished';
      for (const { method, perSeed, seeds, testAccuracyLast } of report.rows) {
        must(new Set(seeds).size === seeds.length, 'every seed once', seeds);
        for (const { seed, testAccuracyLast: reported } of perSeed) {
          const file = join(run, method, String(seed), 'result.json');
          const stored = JSON.parse(readFileSync(file, 'utf8')) as { readonly testAccuracyLast: unknown };
          must(
            reported === stored.testAccuracyLast,
            'what the result says',
            reported,
            stored.testAccuracyLast,
          );
        }
        must(
          perSeed.every((seed) => isShare(seed.testAccuracyLast)),
          'accuracies from 0 to 1',
          perSeed,
        );
        must(isShare(testAccuracyLast.mean), 'a mean from 0 to 1', testAccuracyLast);
      }
      must(isShare(report.teacher.testAccuracy), 'an accuracy from 0 to 1', report.teacher);
      const untouched = changes.length + files.length === 0;
      const rows = JSON.parse(JSON.stringify(report.rows)) as unknown;
      if (untouched)
        must(isDeepStrictEqual(rows, JSON.parse(JSON.stringify(known.rows))), 'the same rows again', rows);
      return 'right';
    });
    // Of a run that goes on, the report, the configuration and what is not finished may be written.
    const isReport = (path: string): boolean => /^run\/report(?:\/|$)/.test(path);
    const mayChange = then === 'report' ? isReport : (path: string) => path.startsWith('run');
    expectKept(folder, before, mayChange);
    return found;
  },
});

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

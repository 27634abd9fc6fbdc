import { DistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import { givenPath } from '../platform/path.js';
import { naming, writeWhole } from '../platform/write-whole.js';
import type { Callback } from '../train/callback.js';
import type { InspectedExhibit } from '../train/report.js';

/**
 * Writes every epoch's report as one line of JSON (Node). A resumed run rewrites the file from its history first, so that
 * it never holds a line twice or one that was lost.
 *
 * @param place path or `file:` URL; the file's folder is made
 * @throws DistillError code `option` for a file that holds something else: it is left as it is
 */
export function jsonl(place: string | URL): Callback {
  const file = givenPath('jsonl', place);
  const fs = nodeModule('node:fs/promises', 'metrics in a file');
  const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
  return {
    name: 'jsonl',
    async start({ history }) {
      await expectOurs(file);
      await writeWhole(file, history.map(line).join(''));
    },
    epoch: (report) => naming(file, fs.appendFile(file, line(report))),
  };
}

/** What a phase showed of itself after one epoch: a line of inspections.jsonl. */
export interface Inspection {
  readonly phase: string;
  /** Within the phase, from 0. */
  readonly epoch: number;
  /** Since the start, from 0. */
  readonly globalEpoch: number;
  readonly exhibits: readonly InspectedExhibit[];
}

/**
 * Writes what a technique shows for inspection (attention, graphs) after the first, the middle and the last epoch of each
 * phase, one line of JSON each (Node). A technique that shows nothing leaves no file.
 *
 * @param place as in {@link jsonl}
 */
export function inspections(place: string | URL): Callback {
  const file = givenPath('inspections', place);
  const fs = nodeModule('node:fs/promises', 'inspections in a file');
  /** What is whole: the file may have been damaged since. */
  const seen = async (): Promise<{ readonly line: string; readonly globalEpoch: number }[]> => {
    const text = await fs.readFile(file, 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => {
      try {
        const { globalEpoch } = JSON.parse(line) as Inspection;
        return Number.isSafeInteger(globalEpoch) ? [{ line, globalEpoch }] : [];
      } catch {
        return [];
      }
    });
  };
  // Not appended: a line can be a megabyte, and a crash within it must not spoil the ones before.
  const write = (all: readonly string[]): Promise<void> =>
    writeWhole(file, all.map((line) => `${line}\n`).join(''));
  return {
    name: 'inspections',
    async start({ history }) {
      await expectOurs(file);
      // A resumed run goes on after its checkpoint: what was seen later will be seen again.
      const kept = (await seen()).filter(({ globalEpoch: at }) => at < history.length);
      if (kept.length > 0) await write(kept.map(({ line }) => line));
      else await fs.rm(file, { force: true });
    },
    async epoch({ phase, epoch, globalEpoch }, run) {
      const last = run.phase.epochs - 1;
      if (![0, Math.floor(last / 2), last].includes(epoch)) return;
      const exhibits = await run.inspect();
      if (exhibits.length === 0) return;
      const inspection: Inspection = { phase, epoch, globalEpoch, exhibits };
      await write([...(await seen()).map(({ line }) => line), JSON.stringify(inspection, shortened)]);
    },
  };
}

/** Five significant digits are more than an eye sees. */
function shortened(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}

/**
 * These files are started over with every run: what a path leads to by mistake must not be.
 *
 * @throws DistillError code `option` for a file that has text, of which no line is one of a run
 */
async function expectOurs(file: string): Promise<void> {
  const fs = nodeModule('node:fs/promises', `reading ${file}`);
  const isFile = (await fs.lstat(file).catch(() => undefined))?.isFile() === true;
  if (!isFile) return;
  const text = await fs.readFile(file, 'utf8');
  if (text.trim() === '' || text.split('\n').some((line) => line.startsWith('{"phase":'))) return;
  throw new DistillError({
    code: 'option',
    where: file,
    expected: 'a new file, or one of an earlier run',
    got: 'a file of another kind',
    hint: 'Name another file: this one is left as it is.',
  });
}

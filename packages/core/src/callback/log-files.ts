import { DistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import { givenPath } from '../platform/path.js';
import { naming, writeWhole } from '../platform/write-whole.js';
import type { Callback } from '../train/callback.js';
import type { InspectedExhibit } from '../train/report.js';

/**
 * Writes every epoch's report as one line of JSON (Node). A resumed run first rewrites the file from its
 * history, so that no line is duplicated or missing.
 *
 * @param place path or `file:` URL; the file's folder is made
 * @throws DistillError code `option` for an invalid path. During the run also for a file that holds something
 *   else, which stays as it is
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

/** What a phase showed for inspection after one epoch: a line of inspections.jsonl. */
export interface Inspection {
  readonly phase: string;
  /** Epoch within the phase, from 0. */
  readonly epoch: number;
  /** Epoch since the start of the run, from 0. */
  readonly globalEpoch: number;
  readonly exhibits: readonly InspectedExhibit[];
}

/**
 * Writes what a technique shows for inspection (attention, graphs) as one line of JSON after the first, middle
 * and last epoch of each phase (Node). A technique that shows nothing leaves no file.
 *
 * @param place as in {@link jsonl}
 */
export function inspections(place: string | URL): Callback {
  const file = givenPath('inspections', place);
  const fs = nodeModule('node:fs/promises', 'inspections in a file');
  /** The intact lines: the file may have been damaged since. */
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
  // Not appended: a line can be a megabyte, and a crash within it must not damage the earlier lines.
  const write = (all: readonly string[]): Promise<void> =>
    writeWhole(file, all.map((line) => `${line}\n`).join(''));
  return {
    name: 'inspections',
    async start({ history }) {
      await expectOurs(file);
      // A resumed run continues after its checkpoint and inspects later epochs again.
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

/** Rounds numbers to five significant digits, which suffice for display. */
function shortened(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}

/** How every line begins. */
const BEGINNING = '{"phase":';

/**
 * Guards a file that is not ours: a new run overwrites its log files.
 *
 * @throws DistillError code `option` for a non-empty file without a line that a run wrote
 */
async function expectOurs(file: string): Promise<void> {
  const fs = nodeModule('node:fs/promises', `reading ${file}`);
  const isFile = (await fs.lstat(file).catch(() => undefined))?.isFile() === true;
  if (!isFile) return;
  const text = await fs.readFile(file, 'utf8');
  if (text.trim() === '' || text.split('\n').some((line) => line.startsWith(BEGINNING))) return;
  // A crash cut the first line short.
  if (BEGINNING.startsWith(text)) return;
  throw new DistillError({
    code: 'option',
    where: file,
    expected: 'a new file, or one of an earlier run',
    got: 'a file of another kind',
    hint: 'Name another file: this one is left as it is.',
  });
}

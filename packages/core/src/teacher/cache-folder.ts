import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { DistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import { makeFolder } from '../platform/write-whole.js';
import { fileRecords } from './records.js';
import type { RecordStore } from './records.js';

/** Version of the row files' format. In version 2, digests cover a row's position. */
const FORMAT = 2;

/** What a cache's outputs belong to; outputs of anything else are stale. */
export interface CacheIdentity {
  /** Names the cache: a run with the same slot reuses or replaces it. */
  readonly slot: Readonly<Record<string, unknown>>;
  /** Everything else that the rows depend on. */
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * Opens the rows of one view in a folder. Rows in the slot with other content (another teacher, other images)
 * are removed.
 *
 * @param notice called with a message if rows are stale
 */
export function folderRecords(
  folder: string,
  identity: CacheIdentity,
  view: number,
  width: number,
  notice: (message: string) => void,
): RecordStore {
  const fs = nodeModule('node:fs', 'teacher outputs in a folder');
  const path = nodeModule('node:path', 'teacher outputs in a folder');
  const name = `${bytesToHex(sha256(utf8ToBytes(JSON.stringify(identity.slot)))).slice(0, 16)}-view-${view}`;
  const rows = path.join(folder, `${name}.f32`);
  const description = path.join(folder, `${name}.json`);
  const content = { ...identity.content, format: FORMAT };
  const wanted = `${JSON.stringify({ slot: identity.slot, content, view, width }, null, 2)}\n`;
  expectWritable(folder);
  for (const file of [rows, description]) expectFile(file);
  const found = fs.existsSync(description) ? fs.readFileSync(description, 'utf8') : undefined;
  if (found !== wanted) {
    if (found !== undefined) {
      const differing = differences(found, content);
      notice(
        `Teacher outputs in ${rows} are stale (other ${differing.join(', ')}): they are computed again.`,
      );
    }
    fs.rmSync(rows, { force: true });
    fs.writeFileSync(description, wanted);
  }
  return fileRecords(rows, width, wanted);
}

/** Checks before training that the folder can be written. */
function expectWritable(folder: string): void {
  const fs = nodeModule('node:fs', 'teacher outputs in a folder');
  try {
    makeFolder(folder);
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    throw new DistillError({
      code: 'option',
      where: 'teacherOutputs.folder',
      expected: 'a folder that can be written',
      got: `'${folder}' (${(error as { code?: string }).code ?? String(error)})`,
      hint: 'Use another folder, or leave it out to keep outputs in memory.',
    });
  }
}

/** Refuses anything but a regular file: a folder cannot be written as a file, and a link may point anywhere. */
function expectFile(file: string): void {
  const fs = nodeModule('node:fs', 'teacher outputs in a folder');
  const found = fs.lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  throw new DistillError({
    code: 'data',
    where: file,
    expected: 'a file of cached teacher outputs, or nothing',
    got: found.isDirectory() ? 'a folder' : found.isSymbolicLink() ? 'a link' : 'something else',
    hint: 'Remove it; the outputs will be computed again.',
  });
}

function differences(found: string, content: CacheIdentity['content']): string[] {
  try {
    const known = (JSON.parse(found) as Partial<CacheIdentity>).content ?? {};
    const text = JSON.stringify;
    const names = Object.keys(content).filter((key) => text(known[key]) !== text(content[key]));
    return names.length > 0 ? names : ['width'];
  } catch {
    return ['form of description'];
  }
}

import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import { DistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import { makeFolder } from '../platform/write-whole.js';
import { fileRecords } from './records.js';
import type { RecordStore } from './records.js';

/** Of a file of rows. 2: digests cover the place of a row. */
const FORMAT = 2;

/** Whose outputs a cache holds: outputs of any other are stale. */
export interface CacheIdentity {
  /** What names a cache: another run with the same takes its place. */
  readonly slot: Readonly<Record<string, unknown>>;
  /** What its rows depend on besides. */
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * Opens the rows of one view in a folder. Where the slot holds rows that something else made (another teacher, other
 * images), those are removed.
 *
 * @param notice told what was found stale
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

/** Finds out before training what would stop it later. */
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

/** What is there under a file's name is one: a folder could not be written, and a link might lead to anything. */
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

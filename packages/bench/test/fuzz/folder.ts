import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from './target.js';

/** What a folder holds: contents of files by path, targets of links; a folder has its own line. */
export type Contents = ReadonlyMap<string, string>;

/** Everything below a folder. */
export function contentsOf(folder: string, below = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(join(folder, below)).sort()) {
    const path = join(below, name);
    const entry = lstatSync(join(folder, path));
    if (entry.isSymbolicLink()) found.set(path, `link to ${readlinkSync(join(folder, path))}`);
    else if (entry.isDirectory()) {
      found.set(path, 'folder');
      for (const [inner, content] of contentsOf(folder, path)) found.set(inner, content);
    } else found.set(path, `file ${readFileSync(join(folder, path), 'latin1')}`);
  }
  return found;
}

/**
 * That what was in a folder is there still, to the last byte.
 *
 * @param mayChange paths that the product may write
 */
export function expectKept(
  folder: string,
  before: Contents,
  mayChange: (path: string) => boolean = () => false,
): void {
  const after = contentsOf(folder);
  for (const [path, content] of before) {
    must(after.get(path) === content || mayChange(path), `${path} is as it was`);
  }
  for (const path of after.keys()) {
    must(before.has(path) || mayChange(path), `no new file ${path}`);
  }
}

/** Something done to the files of a folder. Paths are counted round what there is. */
export type FileEdit =
  | { readonly do: 'remove'; readonly file: number }
  | { readonly do: 'copy'; readonly from: number; readonly to: number }
  | { readonly do: 'folder'; readonly file: number }
  | { readonly do: 'link'; readonly file: number; readonly to: string };

/** Applies an edit to one of these files; what is not there any more stays away. */
export function editFiles(folder: string, files: readonly string[], edit: FileEdit): void {
  const pathOf = (index: number): string => join(folder, files[index % files.length] ?? '');
  const path = pathOf(edit.do === 'copy' ? edit.to : edit.file);
  if (edit.do === 'copy' && (pathOf(edit.from) === path || !existsSync(pathOf(edit.from)))) return;
  rmSync(path, { recursive: true, force: true });
  if (edit.do === 'copy') cpSync(pathOf(edit.from), path, { recursive: true });
  if (edit.do === 'folder') mkdirSync(path, { recursive: true });
  if (edit.do === 'link') symlinkSync(edit.to, path);
}

/** Writes files, with the folders that they are in. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

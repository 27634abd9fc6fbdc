/** A file that may be an image, and where it lay. */
export interface FoundFile {
  /** Of the folder that holds it: its class. Empty for a file outside any folder. */
  readonly folder: string;
  readonly name: string;
  /** Its number, by which the thread that decodes it knows it. */
  readonly id: number;
}

let found = 0;
export const nextId = (): number => ++found;

/** What was dropped or chosen. */
export interface Found {
  readonly files: readonly FoundFile[];
  /** Folders without any image. */
  readonly emptyFolders: readonly string[];
}

/** The same with the files themselves, on their way to that thread. */
export interface Given extends Found {
  readonly files: readonly GivenFile[];
}

interface GivenFile extends FoundFile {
  readonly blob: Blob;
}

export const IMAGE = /\.(?:jpe?g|png|webp|gif|bmp|avif|svg)$/i;
/** What systems leave in folders and archives. */
const LITTER = /^(?:\.|__MACOSX|Thumbs\.db|desktop\.ini)/i;

export const isLitter = (path: string): boolean => path.split('/').some((part) => LITTER.test(part));

/** A file, or a folder, which has no content. */
export interface Path {
  readonly path: string;
  readonly blob: Blob | undefined;
}

/** Folders by their path, with all files in them, as images by class: the folder that holds an image is its class. */
export function sorted(paths: readonly Path[]): Given {
  const files: GivenFile[] = [];
  const folders = new Set<string>();
  const root = rootOf(paths.map(({ path }) => path).filter((path) => !isLitter(path) && IMAGE.test(path)));
  for (const { path, blob } of paths) {
    if (isLitter(path)) continue;
    const parts = path.split('/').filter((part) => part !== '');
    if (blob === undefined) {
      folders.add(parts.at(-1) ?? '');
      continue;
    }
    const name = parts.at(-1) ?? '';
    const folder = parts.length === 2 && parts[0] === root ? '' : (parts.at(-2) ?? '');
    folders.add(folder);
    if (IMAGE.test(name)) files.push({ folder, name: path, blob, id: nextId() });
  }
  const used = new Set(files.map(({ folder }) => folder));
  // A folder that only holds folders is no class.
  const holders = new Set(paths.flatMap(({ path }) => path.split('/').slice(0, -2)));
  const emptyFolders = [...folders].filter((each) => each !== '' && !used.has(each) && !holders.has(each));
  return { files, emptyFolders };
}

/** The folder around all others, which is no class itself; undefined where there is none. */
function rootOf(images: readonly string[]): string | undefined {
  const [first] = new Set(images.map((path) => path.split('/')[0]));
  const isRoot = images.every((path) => path.startsWith(`${first ?? ''}/`));
  return isRoot && images.some((path) => path.split('/').length > 2) ? first : undefined;
}

/** A file of a `<input type=file webkitdirectory>`. */
export const chosenPath = (file: File): Path => ({ path: file.webkitRelativePath || file.name, blob: file });

/** Everything below what was dropped; a single zip is left to who unpacks it. */
export async function droppedPaths(transfer: DataTransfer): Promise<readonly Path[]> {
  // Entries are gone once this turn of the page ends.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const all = await Promise.all(entries.map(walk));
  return all.flat();
}

async function walk(entry: FileSystemEntry): Promise<readonly Path[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [{ path, blob: file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const children: FileSystemEntry[] = [];
  // A reader gives a hundred at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) break;
    children.push(...some);
  }
  const below = await Promise.all(children.map(walk));
  return [{ path, blob: undefined }, ...below.flat()];
}

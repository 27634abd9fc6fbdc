import { counted, FEWEST, listed, ownData, seededSample } from './data.js';
import type { OwnImage } from './data.js';
import { mostImages } from './limits.js';
import type { Told } from './serve-tasks.js';
import type { Found } from './sources.js';
import type { PageData } from './types.js';

/** Images of the visitor's, and how they are wanted. */
export interface OwnFiles extends Found {
  /** Edge of the images in training, pixels. */
  readonly edge: number;
  /** Take as many as fit; otherwise too many are refused. */
  readonly isSampled: boolean;
}

/** The images as training data, or what keeps them from being it, in sentences. */
export interface OwnData {
  readonly data: PageData | undefined;
  readonly problems: readonly string[];
  readonly isTooMany: boolean;
}

/** Made once: for each of a hundred thousand names it would take a minute. */
const byName = new Intl.Collator('en', { numeric: true });

/**
 * Images by the folders that hold them.
 *
 * @param decode of the file with this number; throws where that is no image
 */
export async function readOwnImages(
  { files, emptyFolders, edge, isSampled }: OwnFiles,
  decode: (id: number, edge: number) => Promise<Uint8Array>,
  { progress, signal }: Told,
): Promise<OwnData> {
  const problems = folderProblems(files, emptyFolders);
  const found = files.filter(({ folder }) => folder !== '');
  const most = mostImages(edge);
  const isMore = found.length > most;
  if (isMore && !isSampled) {
    problems.push(
      `${count(found.length)} images of ${edge} × ${edge} pixels are too many for a tab with 4 GB: ${count(most)} fit. Take a sample, which keeps every class's share, or choose a smaller size.`,
    );
    return { data: undefined, problems, isTooMany: true };
  }
  // By name, whatever order the system gives: the parts are then the same every time.
  const inFolders = found.sort((a, b) => byName.compare(a.name, b.name));
  const classNames = [...new Set(inFolders.map(({ folder }) => folder))].sort();
  const places = new Map(classNames.map((name, at) => [name, at]));
  const labels = inFolders.map(({ folder }) => places.get(folder) ?? 0);
  const positions = isMore ? seededSample(labels, classNames.length, most) : [...inFolders.keys()];
  const images: OwnImage[] = [];
  const damaged: string[] = [];
  for (const [done, at] of positions.entries()) {
    if (signal.aborted) return { data: undefined, problems: [], isTooMany: false };
    const file = inFolders[at];
    if (file === undefined) continue;
    if (done % 20 === 0) progress({ done, total: positions.length });
    try {
      images.push({ label: labels[at] ?? 0, pixels: await decode(file.id, edge) });
    } catch {
      damaged.push(file.name);
    }
  }
  if (damaged.length > 0)
    problems.push(
      `${counted(damaged.length, 'image')} cannot be decoded and ${damaged.length === 1 ? 'is' : 'are'} left out: ${listed(damaged)}.`,
    );
  const sizes = new Int32Array(classNames.length);
  for (const { label } of images) sizes[label] = (sizes[label] ?? 0) + 1;
  const few = classNames.filter((_, label) => (sizes[label] ?? 0) < FEWEST);
  const used = classNames.filter((name) => !few.includes(name));
  if (few.length > 0)
    problems.push(
      `${few.length === 1 ? 'The class' : 'The classes'} ${listed(few)} ${few.length === 1 ? 'has' : 'have'} fewer than ${FEWEST} images and ${few.length === 1 ? 'is' : 'are'} left out. A class needs one image each to train on, to choose the best epoch by, and to test on.`,
    );
  if (used.length < 2) {
    problems.push(
      used.length === 1
        ? `There is one class only (${used.join('')}). Add images of a second one: a folder beside the first, or pictures from the camera.`
        : 'There is no class with enough images yet. Drop a folder that has one folder per class.',
    );
    return { data: undefined, problems, isTooMany: false };
  }
  const place = classNames.map((name) => used.indexOf(name));
  const kept = images.flatMap((image) => {
    const label = place[image.label] ?? -1;
    return label === -1 ? [] : [{ ...image, label }];
  });
  return { data: ownData(kept, used, edge), problems, isTooMany: false };
}

function folderProblems(files: Found['files'], emptyFolders: readonly string[]): string[] {
  const outside = files.filter(({ folder }) => folder === '');
  const problems: string[] = [];
  if (emptyFolders.length > 0)
    problems.push(
      `No images in ${listed(emptyFolders)}. Put images into ${emptyFolders.length === 1 ? 'it' : 'them'} if ${emptyFolders.length === 1 ? 'it is a class' : 'they are classes'}.`,
    );
  if (outside.length > 0)
    problems.push(
      `${counted(outside.length, 'image')} outside any folder ${outside.length === 1 ? 'is' : 'are'} left out: the folder that holds an image is its class.`,
    );
  return problems;
}

const count = (value: number): string => value.toLocaleString('en-US');

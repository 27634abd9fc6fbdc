import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from './ask.js';
import { Camera, CameraButton } from './camera.js';
import { FEWEST, mostImages, ownData, seededSample } from './data.js';
import type { OwnImage } from './data.js';
import { DropZone } from './drop-zone.js';
import { chosenFolder, droppedPaths, sorted } from './sources.js';
import type { Found, FoundFile } from './sources.js';
import type { PageData } from './types.js';

/** Edges that images are brought to. */
const EDGES = [32, 48, 64, 96];
/** Names in a sentence; the others are counted. */
const NAMED = 5;

interface Read {
  readonly files: readonly FoundFile[];
  readonly emptyFolders: readonly string[];
}

const NOTHING: Read = { files: [], emptyFolders: [] };

/** Images of the visitor's: found, sampled where they are too many, decoded, and put into classes by their folders. */
export function OwnImages({ onData }: { readonly onData: (data: PageData | undefined) => void }): VNode {
  const [edge, setEdge] = useState(32);
  const [read, setRead] = useState<Read>(NOTHING);
  const [sampled, setSampled] = useState(false);
  const [status, setStatus] = useState('');
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [hasCamera, setHasCamera] = useState(false);
  const round = useRef(0);

  const add = ({ files, emptyFolders }: Found): void => {
    setRead((before) => ({
      files: [...before.files, ...files],
      emptyFolders: [...before.emptyFolders, ...emptyFolders],
    }));
  };
  const taken = async (files: () => Promise<Found>): Promise<void> => {
    setStatus('Reading…');
    try {
      add(await files());
      setStatus('');
    } catch (error) {
      setStatus('');
      setProblems([`This cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
    }
  };

  useEffect(() => {
    const own = ++round.current;
    const isCurrent = (): boolean => own === round.current;
    onData(undefined);
    void decoded(read, { edge, sampled, isCurrent, say: setStatus }).then(({ data, problems: found }) => {
      if (!isCurrent()) return;
      setProblems(found);
      setStatus('');
      onData(data);
    });
  }, [read, edge, sampled]);

  const isTooMany = !sampled && read.files.length > mostImages(edge);
  return (
    <>
      <DropZone
        label="Drop a folder or a zip here"
        onDrop={(transfer) => void taken(() => foundIn(transfer))}
        inputs={[
          {
            words: 'Choose a folder',
            isFolder: true,
            onFiles: (files) => {
              add(chosenFolder(files));
            },
          },
          {
            words: 'Choose a zip',
            accept: '.zip,application/zip',
            onFiles: (files) => void taken(() => unpacked(files)),
          },
        ]}
      />
      <p class="buttons">
        <CameraButton words="Use the camera" isOpen={hasCamera} setOpen={setHasCamera} />
        {read.files.length === 0 ? null : (
          <button
            type="button"
            onClick={() => {
              setSampled(false);
              setRead(NOTHING);
            }}
          >
            Remove all images
          </button>
        )}
      </p>
      {hasCamera ? (
        <Camera
          onPicture={(folder, blob, name) => {
            add({ files: [{ folder, name, blob }], emptyFolders: [] });
          }}
        />
      ) : null}
      <label class="field">
        Size of the images in training, pixels
        <select
          value={edge}
          onChange={(event) => {
            setEdge(Number(event.currentTarget.value));
          }}
        >
          {EDGES.map((each) => (
            <option key={each} value={each}>
              {each} × {each}
            </option>
          ))}
        </select>
      </label>
      <p role="status">{status}</p>
      {problems.map((problem) => (
        <p key={problem} role="alert">
          {problem}
        </p>
      ))}
      {isTooMany ? (
        <p class="buttons">
          <button
            type="button"
            onClick={() => {
              setSampled(true);
            }}
          >
            Take a sample of {mostImages(edge).toLocaleString('en-US')}
          </button>
        </p>
      ) : null}
    </>
  );
}

async function foundIn(transfer: DataTransfer): Promise<Found> {
  const paths = await droppedPaths(transfer);
  const zips = paths.flatMap(({ path, blob }) => (blob !== undefined && /\.zip$/i.test(path) ? [blob] : []));
  return zips.length > 0 ? await unpacked(zips) : sorted(paths);
}

async function unpacked(zips: readonly Blob[]): Promise<Found> {
  const all = await Promise.all(zips.map((zip) => ask('unzip', zip)));
  return sorted(all.flat());
}

interface Decoding {
  readonly edge: number;
  readonly sampled: boolean;
  readonly isCurrent: () => boolean;
  readonly say: (text: string) => void;
}

/** Decoded images by file: pictures are added one by one. */
const known = new WeakMap<Blob, { readonly edge: number; readonly pixels: Uint8Array }>();

async function pixelsOf(blob: Blob, edge: number): Promise<Uint8Array> {
  const found = known.get(blob);
  if (found?.edge === edge) return found.pixels;
  const pixels = await ask('decode', { blob, edge });
  known.set(blob, { edge, pixels });
  return pixels;
}

/** The images as training data, or what keeps them from being it. */
async function decoded(
  { files, emptyFolders }: Read,
  { edge, sampled, isCurrent, say }: Decoding,
): Promise<{ readonly data: PageData | undefined; readonly problems: readonly string[] }> {
  if (files.length === 0 && emptyFolders.length === 0) return { data: undefined, problems: [] };
  const problems = folderProblems(files, emptyFolders);
  // By name, whatever order the system gives: the parts are then the same every time.
  const inFolders = files
    .filter(({ folder }) => folder !== '')
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const classNames = [...new Set(inFolders.map(({ folder }) => folder))].sort();
  const most = mostImages(edge);
  const labels = inFolders.map(({ folder }) => classNames.indexOf(folder));
  if (inFolders.length > most && !sampled) {
    const sizes = `${inFolders.length.toLocaleString('en-US')} images of ${edge} × ${edge} pixels`;
    problems.push(
      `${sizes} are too many for a tab with 4 GB: ${most.toLocaleString('en-US')} fit. Take a sample, which keeps every class's share, or choose a smaller size.`,
    );
    return { data: undefined, problems };
  }
  const positions =
    inFolders.length > most ? seededSample(labels, classNames.length, most) : inFolders.map((_, at) => at);
  const images: OwnImage[] = [];
  const damaged: string[] = [];
  for (const [count, at] of positions.entries()) {
    if (!isCurrent()) return { data: undefined, problems: [] };
    const { blob, name } = inFolders[at] as FoundFile;
    if (count % 20 === 0) say(`Decoding image ${count + 1} of ${positions.length}…`);
    try {
      images.push({ label: labels[at] ?? 0, pixels: await pixelsOf(blob, edge) });
    } catch {
      damaged.push(name);
    }
  }
  if (damaged.length > 0)
    problems.push(
      `${counted(damaged.length, 'image')} cannot be decoded and ${damaged.length === 1 ? 'is' : 'are'} left out: ${listed(damaged)}.`,
    );
  const few = classNames.filter(
    (_, label) => images.filter((image) => image.label === label).length < FEWEST,
  );
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
    return { data: undefined, problems };
  }
  const kept = images.flatMap((image) => {
    const label = used.indexOf(classNames[image.label] ?? '');
    return label === -1 ? [] : [{ ...image, label }];
  });
  return { data: ownData(kept, used, edge), problems };
}

function folderProblems(files: readonly FoundFile[], emptyFolders: readonly string[]): string[] {
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

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

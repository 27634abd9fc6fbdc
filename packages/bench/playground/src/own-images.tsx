import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask } from './ask.js';
import { Camera, CameraButton } from './camera.js';
import { DropZone } from './drop-zone.js';
import { mostImages, sentenceOf } from './limits.js';
import type { Progress } from './serve-tasks.js';
import { chosenPath, droppedPaths } from './sources.js';
import type { Path } from './sources.js';
import type { PageData } from './types.js';

/** Edges that images are brought to. */
const EDGES = [32, 48, 64, 96];

const NOTHING = { images: 0, hasEmptyFolders: false };

/** Files that go to the other thread at a time: for each the browser asks the disk, and the page waits. */
const AT_A_TIME = 40;

/** Images of the visitor's: found, sampled where they are too many, decoded, and put into classes by their folders. */
export function OwnImages({ onData }: { readonly onData: (data: PageData | undefined) => void }): VNode {
  const [edge, setEdge] = useState(32);
  const [read, setRead] = useState(NOTHING);
  const [sampled, setSampled] = useState(false);
  const [status, setStatus] = useState('');
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [isTooMany, setIsTooMany] = useState(false);
  const [hasCamera, setHasCamera] = useState(false);

  // Files and decoded pixels are not needed once there is training data of them.
  useEffect(
    () => () => {
      void ask('forgetImages', undefined);
    },
    [],
  );

  const taken = async (take: () => Promise<typeof NOTHING>): Promise<void> => {
    setStatus('Reading…');
    try {
      setRead({ ...(await take()) });
      setStatus('');
    } catch (error) {
      setStatus('');
      setProblems([sentenceOf(error)]);
    }
  };
  /** Hands files over in pieces: the page draws in between. */
  const hand = async <Item,>(
    items: readonly Item[],
    pathOf: (item: Item) => Path,
  ): Promise<typeof NOTHING> => {
    const batch = ++batches;
    for (let at = 0; ; at += AT_A_TIME) {
      const isLast = at + AT_A_TIME >= items.length;
      const kept = await ask('takeFiles', {
        batch,
        paths: items.slice(at, at + AT_A_TIME).map(pathOf),
        isLast,
      });
      if (isLast) return kept;
      if (at % 1000 === 0 && at > 0) setStatus(`Reading file ${at} of ${items.length}…`);
    }
  };
  const handDropped = async (transfer: DataTransfer): Promise<typeof NOTHING> => {
    const paths = await droppedPaths(transfer);
    const zips = paths.flatMap(({ path, blob }) =>
      blob !== undefined && /\.zip$/i.test(path) ? [blob] : [],
    );
    return zips.length > 0 ? await ask('unzip', zips) : await hand(paths, (path) => path);
  };

  useEffect(() => {
    onData(undefined);
    setProblems([]);
    setIsTooMany(false);
    if (read.images === 0 && !read.hasEmptyFolders) return undefined;
    const round = new AbortController();
    const onProgress = ({ done, total }: Progress): void => {
      if (!round.signal.aborted) setStatus(`Decoding image ${done + 1} of ${total}…`);
    };
    ask('ownImages', { edge, isSampled: sampled }, { onProgress, signal: round.signal }).then(
      (found) => {
        if (round.signal.aborted) return;
        setProblems(found.problems);
        setIsTooMany(found.isTooMany);
        setStatus('');
        onData(found.data);
      },
      (error: unknown) => {
        if (round.signal.aborted) return;
        setStatus('');
        setProblems([sentenceOf(error)]);
      },
    );
    return () => {
      round.abort();
    };
  }, [read, edge, sampled]);

  return (
    <>
      <DropZone
        label="Drop a folder or a zip here"
        onDrop={(transfer) => void taken(() => handDropped(transfer))}
        inputs={[
          {
            words: 'Choose a folder',
            isFolder: true,
            onFiles: (files) => void taken(() => hand(files, chosenPath)),
          },
          {
            words: 'Choose a zip',
            accept: '.zip,application/zip',
            onFiles: (files) => void taken(() => ask('unzip', files)),
          },
        ]}
      />
      <p class="buttons">
        <CameraButton words="Use the camera" isOpen={hasCamera} setOpen={setHasCamera} />
        {read.images === 0 ? null : (
          <button
            type="button"
            onClick={() => {
              setSampled(false);
              setRead(NOTHING);
              void ask('forgetImages', undefined);
            }}
          >
            Remove all images
          </button>
        )}
      </p>
      {hasCamera ? (
        <Camera
          onPicture={(folder, blob, name) => {
            void taken(() => ask('takePicture', { folder, name, blob }));
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

let batches = 0;

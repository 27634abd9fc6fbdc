import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask } from './ask.js';
import { Camera, CameraButton } from './camera.js';
import { DropZone } from './drop-zone.js';
import { mostImages, sentenceOf } from './limits.js';
import type { Progress } from './serve-tasks.js';
import { chosenFolder, droppedPaths, nextId, sorted } from './sources.js';
import type { Found, Given } from './sources.js';
import type { PageData } from './types.js';

/** Edges that images are brought to. */
const EDGES = [32, 48, 64, 96];

const NOTHING: Found = { files: [], emptyFolders: [] };

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

  const add = ({ files, emptyFolders }: Found): void => {
    setRead((before) => ({
      files: [...before.files, ...files],
      emptyFolders: [...before.emptyFolders, ...emptyFolders],
    }));
  };
  const taken = async (given: Given | Promise<Given>): Promise<void> => {
    setStatus('Reading…');
    try {
      const { files, emptyFolders } = await given;
      for (let at = 0; at < files.length; at += AT_A_TIME) {
        const some = files.slice(at, at + AT_A_TIME).map(({ id, blob }) => ({ id, blob }));
        await ask('keepImages', some);
        if (at % 1000 === 0 && at > 0) setStatus(`Reading file ${at} of ${files.length}…`);
      }
      add({ files: files.map(({ folder, name, id }) => ({ folder, name, id })), emptyFolders });
      setStatus('');
    } catch (error) {
      setStatus('');
      setProblems([sentenceOf(error)]);
    }
  };

  useEffect(() => {
    onData(undefined);
    setProblems([]);
    setIsTooMany(false);
    if (read.files.length === 0 && read.emptyFolders.length === 0) return undefined;
    const round = new AbortController();
    const onProgress = ({ done, total }: Progress): void => {
      if (!round.signal.aborted) setStatus(`Decoding image ${done + 1} of ${total}…`);
    };
    ask('ownImages', { ...read, edge, isSampled: sampled }, { onProgress, signal: round.signal }).then(
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
        onDrop={(transfer) => void taken(foundIn(transfer))}
        inputs={[
          {
            words: 'Choose a folder',
            isFolder: true,
            onFiles: (files) => void taken(chosenFolder(files)),
          },
          {
            words: 'Choose a zip',
            accept: '.zip,application/zip',
            onFiles: (files) => void taken(unpacked(files)),
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
            void taken({ files: [{ folder, name, blob, id: nextId() }], emptyFolders: [] });
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

async function foundIn(transfer: DataTransfer): Promise<Given> {
  const paths = await droppedPaths(transfer);
  const zips = paths.flatMap(({ path, blob }) => (blob !== undefined && /\.zip$/i.test(path) ? [blob] : []));
  return zips.length > 0 ? await unpacked(zips) : sorted(paths);
}

async function unpacked(zips: readonly Blob[]): Promise<Given> {
  const all = await Promise.all(zips.map((zip) => ask('unzip', zip)));
  return sorted(all.flat());
}

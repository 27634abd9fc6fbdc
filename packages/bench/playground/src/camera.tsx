import type { RefObject, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** Pictures for a class, from the camera. */
export function Camera({
  onPicture,
}: {
  readonly onPicture: (folder: string, blob: Blob, name: string) => void;
}): VNode {
  const [name, setName] = useState('');
  const [taken, setTaken] = useState(0);
  const folder = name.trim();
  return (
    <div class="camera">
      <label class="field">
        Class of the next pictures
        <input
          value={name}
          placeholder="e.g. cup"
          maxLength={60}
          onInput={(event) => {
            setName(event.currentTarget.value);
          }}
        />
      </label>
      <CameraView
        words={folder === '' ? 'Name the class first' : `Take a picture of ${folder}`}
        isReady={folder !== ''}
        onPicture={(blob) => {
          setTaken(taken + 1);
          onPicture(folder, blob, `${folder}, picture ${taken + 1}`);
        }}
      />
    </div>
  );
}

/** Opens and closes the camera. */
export function CameraButton({
  words,
  isOpen,
  setOpen,
}: {
  readonly words: string;
  readonly isOpen: boolean;
  readonly setOpen: (isOpen: boolean) => void;
}): VNode {
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={() => {
        setOpen(!isOpen);
      }}
    >
      {isOpen ? 'Close the camera' : words}
    </button>
  );
}

/** What the camera sees, and a button that takes a picture. */
export function CameraView({
  words,
  isReady = true,
  onPicture,
}: {
  readonly words: string;
  readonly isReady?: boolean;
  readonly onPicture: (blob: Blob) => void;
}): VNode {
  const video = useRef<HTMLVideoElement>(null);
  const error = useCamera(video);
  const snap = (): void => {
    const { current } = video;
    if (current === null || current.videoWidth === 0) return;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [current.videoWidth, current.videoHeight];
    canvas.getContext('2d')?.drawImage(current, 0, 0);
    canvas.toBlob((blob) => {
      if (blob !== null) onPicture(blob);
    });
  };
  return error === undefined ? (
    <>
      <video ref={video} autoplay muted playsInline aria-label="What the camera sees" />
      <p class="buttons">
        <button type="button" disabled={!isReady} onClick={snap}>
          {words}
        </button>
      </p>
    </>
  ) : (
    <p role="alert">{error}</p>
  );
}

/** @returns why there is no camera, if so */
function useCamera(video: RefObject<HTMLVideoElement | null>): string | undefined {
  const [error, setError] = useState<string>();
  useEffect(() => {
    let stream: MediaStream | undefined;
    let isOpen = true;
    const end = (): void => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
    if (mediaDevices === undefined) {
      setError('The camera needs a secure page: open this one through https or localhost.');
      return undefined;
    }
    mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }).then(
      (found) => {
        stream = found;
        if (isOpen && video.current !== null) video.current.srcObject = found;
        else end();
      },
      (reason: unknown) => {
        setError(sentence(reason));
      },
    );
    return () => {
      isOpen = false;
      end();
    };
  }, []);
  return error;
}

function sentence(reason: unknown): string {
  const name = reason instanceof Error ? reason.name : '';
  if (name === 'NotAllowedError')
    return 'The browser does not let this page use the camera. Allow it beside the address, or drop image files instead.';
  if (name === 'NotFoundError') return 'There is no camera. Drop image files instead.';
  return `The camera does not start (${reason instanceof Error ? reason.message : String(reason)}). Close other programs that use it, or drop image files instead.`;
}

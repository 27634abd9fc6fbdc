import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RankedClass } from '@distilljs/core';
import { behaviour } from '../../src/report/page/behaviour.js';
import { Section } from '../../src/report/page/parts.js';
import { ask } from './ask.js';
import { CameraButton, CameraView } from './camera.js';
import { DropZone } from './drop-zone.js';
import type { Machine, RunResults } from './results.js';
import { cellsOf } from './types.js';
import type { Cell, Finished, JobName, StoredRun } from './types.js';

/** What the page knows of the machine; browsers say little, and round it. */
function machine(): Machine {
  const {
    userAgent,
    hardwareConcurrency,
    deviceMemory = 0,
  } = navigator as Navigator & {
    readonly deviceMemory?: number;
  };
  const browser = /(?:Firefox|Edg|Chrome|Version)\/[\d.]+/.exec(userAgent)?.[0] ?? 'unknown';
  const system = /\(([^)]*)\)/.exec(userAgent)?.[1] ?? 'unknown';
  return { browser, system, cores: hardwareConcurrency, memoryGib: deviceMemory };
}

/** The report of what is trained, a place to try each student, and its download. */
export function Results({
  run,
  finished,
}: {
  readonly run: StoredRun;
  readonly finished: Readonly<Record<JobName, Finished>>;
}): VNode {
  const trained = cellsOf(run).filter(({ name }) => finished[name] !== undefined);
  const results: RunResults = { run, finished, machine: machine() };
  return (
    <>
      <Students results={results} trained={trained} />
      <ReportView key={trained.map(({ name }) => name).join()} results={results} />
    </>
  );
}

function ReportView({ results }: { readonly results: RunResults }): VNode {
  const place = useRef<HTMLDivElement>(null);
  const [status, setStatus] = useState('Writing the report…');
  useEffect(() => {
    let isThere = true;
    ask('report', results).then(
      (html) => {
        // Made by preact from the results: every text in it is escaped.
        const made = document.createElement('template');
        made.innerHTML = html;
        const parts = [...made.content.childNodes];
        // One part per frame: laying out all of them at once would hold the page up.
        const next = (): void => {
          const { current } = place;
          const part = parts.shift();
          if (!isThere || current === null) return;
          if (part === undefined) {
            behaviour(current);
            setStatus('');
            return;
          }
          current.append(part);
          // Timers of a hidden page wait for a second, and nobody sees its frames.
          if (document.hidden) queueMicrotask(next);
          else setTimeout(next);
        };
        next();
      },
      (error: unknown) => {
        setStatus(`The report cannot be written: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    return () => {
      isThere = false;
    };
  }, []);
  return (
    <>
      {status === '' ? null : (
        <Section title="Report">
          <p role="status">{status}</p>
        </Section>
      )}
      <div ref={place} class="report" id="report" />
    </>
  );
}

function Students({
  results,
  trained,
}: {
  readonly results: RunResults;
  readonly trained: readonly Cell[];
}): VNode {
  const { finished } = results;
  const [chosen, setChosen] = useState(() => best(trained, finished));
  // Another one may have been trained since.
  const cell = trained.find(({ name }) => name === chosen) ?? trained[0];
  const [status, setStatus] = useState('');
  const [error, setError] = useState('');
  const act = async (words: string, work: () => Promise<void>): Promise<void> => {
    setError('');
    setStatus(words);
    try {
      await work();
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
    }
    setStatus('');
  };
  const download = (): Promise<void> =>
    act('Packing…', async () => {
      if (cell === undefined) return;
      const bytes = await ask('archive', { results, cell });
      offer(
        new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/zip' }),
        `${fileName(results.run, cell)}.zip`,
      );
    });
  return (
    <Section
      title="Take a student home"
      note="It is a plain TensorFlow.js model. Its page works from any web server."
    >
      <label class="field">
        Student, with its accuracy on the test images
        <select
          value={cell?.name}
          onChange={(event) => {
            setChosen(event.currentTarget.value);
          }}
        >
          {trained.map(({ name }) => (
            <option key={name} value={name}>
              {`${name}: ${(100 * accuracyOf(finished[name])).toFixed(2)} %`}
            </option>
          ))}
        </select>
      </label>
      <p class="buttons">
        <button type="button" class="main" onClick={() => void download()}>
          Download with its page
        </button>
      </p>
      <p role="status">{status}</p>
      {error === '' ? null : <p role="alert">{error}</p>}
      <TryIt key={cell?.name} files={finished[cell?.name ?? '']?.files} act={act} />
    </Section>
  );
}

const accuracyOf = (finished: Finished | undefined): number => finished?.measured.last ?? NaN;

/** The first seed of the method with the highest mean: the luckiest of several seeds would be chosen by the test images. */
function best(trained: readonly Cell[], finished: RunResults['finished']): JobName {
  const mean = (method: string): number => {
    const own = trained.filter((cell) => cell.method === method);
    return own.reduce((sum, { name }) => sum + accuracyOf(finished[name]), 0) / own.length;
  };
  const [first, ...others] = trained;
  return (
    others.reduce((high, each) => (mean(each.method) > mean(high?.method ?? '') ? each : high), first)
      ?.name ?? ''
  );
}

function TryIt({
  files,
  act,
}: {
  readonly files: Finished['files'];
  readonly act: (words: string, work: () => Promise<void>) => Promise<void>;
}): VNode {
  const [classes, setClasses] = useState<readonly RankedClass[]>([]);
  const [picture, setPicture] = useState('');
  const [hasCamera, setHasCamera] = useState(false);
  const classify = (image: Blob | undefined): void => {
    if (image === undefined || files === undefined) return;
    URL.revokeObjectURL(picture);
    setPicture(URL.createObjectURL(image));
    setClasses([]);
    void act('Classifying…', async () => {
      try {
        setClasses(await ask('classify', { files, image }));
      } catch (cause) {
        setPicture('');
        throw new Error('This file cannot be classified: the browser cannot decode it as an image.', {
          cause,
        });
      }
    });
  };
  return (
    <>
      <DropZone
        label="Try it: drop an image here"
        onDrop={(transfer) => {
          classify(transfer.files[0]);
        }}
        inputs={[
          {
            words: 'Choose an image',
            accept: 'image/*',
            onFiles: ([file]) => {
              classify(file);
            },
          },
        ]}
      />
      <p class="buttons">
        <CameraButton words="Try it on the camera" isOpen={hasCamera} setOpen={setHasCamera} />
      </p>
      {hasCamera ? <CameraView words="Classify what the camera sees" onPicture={classify} /> : null}
      {picture === '' ? null : <img class="tried" src={picture} alt="The image that was classified" />}
      {classes.length === 0 ? null : (
        <ol class="ranked" aria-label="Classes, the most probable first">
          {classes.map(({ className, probability }) => (
            <li key={className}>
              <meter value={probability} aria-hidden="true" /> {className} {(100 * probability).toFixed(1)} %
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

const fileName = ({ settings }: StoredRun, { method, seed }: Cell): string =>
  `${settings.student}-${method}-seed${seed}`.replace(/[^\w.-]/g, '_');

function offer(blob: Blob, name: string): void {
  const link = document.createElement('a');
  const address = URL.createObjectURL(blob);
  Object.assign(link, { href: address, download: name });
  link.click();
  // The browser has taken it by then.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 60_000);
}

import type { VNode } from 'preact';
import { Section } from '../../src/report/page/parts.js';
import { atATime } from './training.js';
import type { JobView, RunView } from './training.js';
import { TEACHER } from './types.js';
import type { Settings, StoredRun } from './types.js';

interface Actions {
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onStop: () => void;
  /** @param engine another one than the settings name */
  readonly onGoOn: (engine?: Settings['engine']) => void;
  readonly onDiscard: () => void;
}

const WORDS: Readonly<Record<RunView['status'], string>> = {
  running: 'Training.',
  pausing: 'Pausing after the step under way…',
  paused: 'Paused. Everything so far is saved.',
  stopped: 'Stopped. Everything so far is saved, and training can go on.',
  failed: 'Training ended with an error.',
  done: 'Everything is trained.',
};

/** How far a run is: a card per training. */
export function Progress({
  view,
  run,
  onPause,
  onResume,
  onStop,
  onGoOn,
  onDiscard,
}: { readonly view: RunView; readonly run: StoredRun } & Actions): VNode {
  const { status, jobs } = view;
  const isOver = status === 'stopped' || status === 'failed' || status === 'done';
  const isOnGpu = jobs.some(({ engine }) => engine === 'webgpu');
  return (
    <Section title="Training" note={`${atATime() === 1 ? 'One' : 'Two'} at a time, in other threads.`}>
      <p role="status" class="state">
        {WORDS[status]}
      </p>
      <div class="cards">
        {jobs.map((job) => (
          <JobCard key={job.name} job={job} run={run} />
        ))}
      </div>
      <p class="buttons">
        {status === 'running' ? (
          <button type="button" class="main" onClick={onPause}>
            Pause
          </button>
        ) : null}
        {status === 'paused' ? (
          <button type="button" class="main" onClick={onResume}>
            Resume
          </button>
        ) : null}
        {isOver ? null : (
          <button type="button" onClick={onStop}>
            Stop
          </button>
        )}
        {status === 'stopped' || status === 'failed' ? (
          <button
            type="button"
            class="main"
            onClick={() => {
              onGoOn();
            }}
          >
            {status === 'failed' ? 'Try again' : 'Go on'}
          </button>
        ) : null}
        {status === 'failed' && (isOnGpu || run.settings.engine !== 'wasm') ? (
          <button
            type="button"
            onClick={() => {
              onGoOn('wasm');
            }}
          >
            Go on with WebAssembly
          </button>
        ) : null}
        {isOver ? (
          <button type="button" onClick={onDiscard}>
            New run
          </button>
        ) : null}
      </p>
    </Section>
  );
}

function JobCard({ job, run }: { readonly job: JobView; readonly run: StoredRun }): VNode {
  const { name, done, total, error } = job;
  const title = name === TEACHER ? 'Teacher' : name;
  return (
    <div class="card job">
      <h3>{title}</h3>
      <progress max={total} value={done} aria-label={`How far ${title} is`} />
      <p class="note">{jobText(job, run)}</p>
      <Curve job={job} />
      {error === undefined ? null : <p role="alert">{error}</p>}
    </div>
  );
}

function jobText(
  { name, status, imagesPerSecond, secondsLeft, engine, done, total }: JobView,
  run: StoredRun,
): string {
  if (status === 'waiting') return 'Waiting.';
  if (status === 'failed') return 'Failed.';
  if (status === 'done') return 'Done.';
  if (name === TEACHER && run.ownTeacher !== undefined) return 'Measuring it on the test images.';
  if (engine === undefined) return 'Starting.';
  const pace = imagesPerSecond > 0 ? `${Math.round(imagesPerSecond).toLocaleString('en-US')} images/s, ` : '';
  return `${pace}${secondsLeft === undefined ? '' : `${timeText(secondsLeft)} left, `}step ${done} of ${total}, on ${engine}.`;
}

const timeText = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

const [WIDTH, HEIGHT] = [240, 72];

/** Validation accuracy by epoch. */
function Curve({ job: { curve, epochs, name } }: { readonly job: JobView }): VNode | null {
  const points = curve
    .map((accuracy, epoch) => [epoch, accuracy] as const)
    // A phase that trains no student has no accuracy.
    .filter(([, accuracy]) => Number.isFinite(accuracy));
  const last = points.at(-1);
  if (last === undefined) return null;
  const across = Math.max(1, epochs - 1, last[0]);
  const line = points
    .map(
      ([epoch, accuracy]) =>
        `${(4 + (epoch / across) * (WIDTH - 8)).toFixed(1)},${(HEIGHT - 4 - accuracy * (HEIGHT - 8)).toFixed(1)}`,
    )
    .join(' ');
  const words = `Validation accuracy of ${name} after ${points.length} epochs: ${(100 * last[1]).toFixed(1)} %`;
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words} class="curve">
        <line x1="4" x2={WIDTH - 4} y1={HEIGHT - 4} y2={HEIGHT - 4} />
        <line x1="4" x2={WIDTH - 4} y1="4" y2="4" />
        {points.length > 1 ? (
          <polyline points={line} />
        ) : (
          <circle cx="4" cy={HEIGHT - 4 - last[1] * (HEIGHT - 8)} r="2.5" />
        )}
      </svg>
      <figcaption>
        Validation accuracy: {(100 * last[1]).toFixed(1)} % after epoch {last[0] + 1}
      </figcaption>
    </figure>
  );
}

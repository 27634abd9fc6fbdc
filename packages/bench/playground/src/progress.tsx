import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Section } from '../../src/report/page/parts.js';
import { Curves } from './curves.js';
import { atATime } from './processors.js';

import { cellsOf, TEACHER } from './types.js';
import type { Settings, StoredRun } from './types.js';
import type { JobView, RunView } from './views.js';

interface Actions {
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onStop: () => void;
  /** @param engine another one than the settings name */
  readonly onContinue: (engine?: Settings['engine']) => void;
  readonly onContinueUnsaved: () => void;
  readonly onDiscard: () => void;
}

const WORDS: Readonly<Record<RunView['status'], string>> = {
  running: 'Training.',
  pausing: 'Pausing after the step under way…',
  paused: 'Paused. Everything so far is saved.',
  stopped: 'Stopped. Everything so far is saved, and training can go on.',
  failed: 'Ended with an error. What is trained is kept.',
  done: 'Everything is trained.',
};

/** How far a run is: a card for the teacher and one per method. */
export function Progress({
  view: { status, jobs },
  run,
  onPause,
  onResume,
  onStop,
  onContinue,
  onContinueUnsaved,
  onDiscard,
}: { readonly view: RunView; readonly run: StoredRun } & Actions): VNode {
  const state = useRef<HTMLParagraphElement>(null);
  // The button that was pressed is gone: from the keyboard one goes on here.
  useEffect(() => {
    state.current?.focus();
  }, []);
  const isOver = status === 'stopped' || status === 'failed' || status === 'done';
  const isElsewhere = jobs.some(({ engine }) => engine === 'webgpu') || run.settings.engine !== 'wasm';
  const jobOf = (name: string): readonly JobView[] => jobs.filter((job) => job.name === name);
  const button = (words: string, act: () => void, isMain = false): VNode => (
    <button
      type="button"
      class={isMain ? 'main' : undefined}
      onClick={() => {
        act();
      }}
    >
      {words}
    </button>
  );
  return (
    <Section
      title="Training"
      note={`${atATime(navigator.hardwareConcurrency) === 1 ? 'One' : 'Two'} at a time, in other threads.`}
    >
      <p role="status" class="state" tabIndex={-1} ref={state}>
        {WORDS[status]}
      </p>
      <div class="cards">
        <Card title="Teacher" jobs={jobOf(TEACHER)} run={run} />
        {run.settings.methods.map((method) => (
          <Card
            key={method}
            title={method}
            run={run}
            jobs={cellsOf(run)
              .filter((cell) => cell.method === method)
              .flatMap(({ name }) => jobOf(name))}
          />
        ))}
      </div>
      <p class="buttons">
        {status === 'running' ? button('Pause', onPause, true) : null}
        {status === 'paused' ? button('Resume', onResume, true) : null}
        {isOver ? null : button('Stop', onStop)}
        {status === 'stopped' ? button('Continue', onContinue, true) : null}
        {status === 'failed' ? button('Try again', onContinue, true) : null}
        {status === 'failed' && isElsewhere
          ? button('Continue with WebAssembly', () => {
              onContinue('wasm');
            })
          : null}
        {status === 'failed' && jobs.some(({ isUnstored }) => isUnstored)
          ? button('Continue without saving', onContinueUnsaved)
          : null}
        {isOver ? button('New run', onDiscard) : null}
      </p>
    </Section>
  );
}

/** One network, or a method's with each seed. */
function Card({
  title,
  jobs,
  run,
}: {
  readonly title: string;
  readonly jobs: readonly JobView[];
  readonly run: StoredRun;
}): VNode {
  const shares = jobs.map(({ status, done, total }) =>
    status === 'done' ? 1 : total > 0 ? done / total : 0,
  );
  const share = shares.reduce((sum, each) => sum + each, 0) / Math.max(1, jobs.length);
  return (
    <div class="card job">
      <h3>{title}</h3>
      <progress value={share} aria-label={`How far ${title} is`} />
      {jobs.length > 1 ? <p class="note">{seedsText(jobs)}</p> : null}
      {jobs
        .filter(({ status }) => jobs.length === 1 || status === 'running')
        .map((job) => (
          <p key={job.name} class="note">
            {jobText(job, run)}
          </p>
        ))}
      <Curves title={title} jobs={jobs} />
      {jobs.map(({ name, error }) =>
        error === undefined ? null : (
          <p key={name} role="alert">
            {error}
          </p>
        ),
      )}
    </div>
  );
}

function seedsText(jobs: readonly JobView[]): string {
  const count = (status: JobView['status']): number => jobs.filter((job) => job.status === status).length;
  const failed = count('failed');
  return `${count('done')} of ${jobs.length} seeds done${failed > 0 ? `, ${failed} failed` : ''}.`;
}

function jobText(
  { name, status, imagesPerSecond, secondsLeft, engine, done, total, words }: JobView,
  run: StoredRun,
): string {
  if (status === 'waiting') return 'Waiting.';
  if (status === 'failed') return 'Failed.';
  if (status === 'done') return 'Done.';
  if (words !== undefined) return words;
  if (name === TEACHER && run.teacher.kind !== 'built-in') return 'Measuring it on the test images.';
  if (engine === undefined) return 'Starting.';
  const pace = imagesPerSecond > 0 ? `${Math.round(imagesPerSecond).toLocaleString('en-US')} images/s, ` : '';
  return `${pace}${secondsLeft === undefined ? '' : `${timeText(secondsLeft)} left, `}step ${done} of ${total}, on ${engine}.`;
}

const timeText = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

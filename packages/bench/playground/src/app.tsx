import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Section } from '../../src/report/page/parts.js';
import { ImagesStep } from './images-step.js';
import { Progress } from './progress.js';
import { Results } from './result-step.js';
import { servedBy, SettingsStep, usualSettings } from './settings-step.js';
import { forgetRun, keepRun, keptRun } from './store.js';
import type { KeptRun } from './store.js';
import { TeacherStep } from './teacher-step.js';
import type { TeacherChoice } from './teacher-step.js';
import { train } from './training.js';
import type { RunView, Training } from './training.js';
import { jobsOf, TEACHER } from './types.js';
import type { Finished, JobName, PageData, RunTeacher, Settings, StoredRun } from './types.js';

/** A run on the page: under way, waiting to go on, or over. */
interface PageRun {
  readonly run: StoredRun;
  readonly view: RunView | undefined;
  readonly finished: Readonly<Record<JobName, Finished>>;
}

/** What the browser could not keep, in words. */
const NOT_KEPT =
  'This browser keeps no data for this page (it may be a private window, or out of space). Training works, but a reload loses it.';

export function App(): VNode {
  const [data, setData] = useState<PageData>();
  const [teacher, setTeacher] = useState<TeacherChoice>({ kind: 'built-in' });
  const [settings, setSettings] = useState<Settings>(usualSettings);
  const [current, setCurrent] = useState<PageRun>();
  const [kept, setKept] = useState<KeptRun>();
  const [notice, setNotice] = useState('');
  const training = useRef<Training | undefined>(undefined);
  const start = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    keptRun().then(setKept, () => {
      setNotice(NOT_KEPT);
    });
  }, []);

  const go = ({ run, finished, curves }: KeptRun, engine?: Settings['engine']): void => {
    setKept(undefined);
    setCurrent({ run, view: undefined, finished });
    training.current = train({
      ...{ run, finished, curves, engine },
      onChange: (view, done) => {
        setCurrent({ run, view, finished: done });
      },
    });
  };
  const begin = async (images: PageData): Promise<void> => {
    const run: StoredRun = {
      id: crypto.randomUUID(),
      data: images,
      settings: { ...settings, methods: servedBy(teacher, settings.methods) },
      teacher: teacherOf(teacher),
    };
    await forgetRun()
      .then(() => keepRun(run))
      .catch(() => {
        setNotice(NOT_KEPT);
      });
    go({ run, finished: {}, curves: {} });
  };
  const goOn = async (engine?: Settings['engine']): Promise<void> => {
    if (current === undefined) return;
    const known = await keptRun().catch(() => undefined);
    const curves = known?.curves ?? {};
    go({ run: current.run, finished: current.finished, curves }, engine);
  };
  const discard = async (): Promise<void> => {
    training.current?.stop();
    setKept(undefined);
    setCurrent(undefined);
    start.current?.focus();
    await forgetRun().catch(() => undefined);
  };

  return (
    <>
      <header class="intro">
        <h1 tabIndex={-1} ref={start}>
          distilljs playground
        </h1>
        <p class="headline">A large network teaches a small one, in your browser.</p>
        <p>
          Pick images, a teacher and two or three methods. The page trains a student with each method,
          compares them, and gives you the best one to take home.{' '}
          <strong>Nothing leaves your machine:</strong> images, models and results stay in this browser.
        </p>
      </header>
      {notice === '' ? null : <p role="alert">{notice}</p>}
      {kept === undefined ? null : <Kept kept={kept} go={go} discard={discard} />}
      {current === undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (data !== undefined) void begin(data);
          }}
        >
          <ImagesStep onData={setData} />
          <TeacherStep choice={teacher} classNames={data?.classNames} onChange={setTeacher} />
          <SettingsStep settings={settings} teacher={teacher} onChange={setSettings} />
          <Start data={data} teacher={teacher} settings={settings} />
        </form>
      ) : (
        <>
          {current.view === undefined ? null : (
            <Progress
              view={current.view}
              run={current.run}
              onPause={() => void training.current?.pause()}
              onResume={() => training.current?.resume()}
              onStop={() => training.current?.stop()}
              onGoOn={(engine) => void goOn(engine)}
              onDiscard={() => void discard()}
            />
          )}
          {hasStudent(current) ? <Results run={current.run} finished={current.finished} /> : null}
        </>
      )}
    </>
  );
}

const teacherOf = (choice: TeacherChoice): RunTeacher =>
  choice.kind === 'own'
    ? { kind: 'own', ...choice.teacher }
    : { kind: choice.kind === 'clip' ? 'clip' : 'built-in' };

const hasStudent = ({ view, finished }: PageRun): boolean =>
  (view === undefined || view.status !== 'running') && Object.keys(finished).some((job) => job !== TEACHER);

function Kept({
  kept,
  go,
  discard,
}: {
  readonly kept: KeptRun;
  readonly go: (kept: KeptRun) => void;
  readonly discard: () => Promise<void>;
}): VNode {
  const { run, finished } = kept;
  const jobs = jobsOf(run).length;
  const done = Object.keys(finished).length;
  return (
    <Section title="A run from before">
      <p>
        This browser kept a run on {run.data.title} with {run.settings.methods.join(', ')}: {done} of {jobs}{' '}
        trainings are done{done < jobs ? ', and the next one continues where it stopped' : ''}.
      </p>
      <p class="buttons">
        <button
          type="button"
          class="main"
          onClick={() => {
            go(kept);
          }}
        >
          {done < jobs ? 'Go on' : 'Show it'}
        </button>
        <button type="button" onClick={() => void discard()}>
          Discard it
        </button>
      </p>
    </Section>
  );
}

function Start({
  data,
  teacher,
  settings,
}: {
  readonly data: PageData | undefined;
  readonly teacher: TeacherChoice;
  readonly settings: Settings;
}): VNode {
  const missing = [
    ...(data === undefined ? ['images of two or more classes'] : []),
    ...(teacher.kind === 'missing' ? ['the files of your teacher'] : []),
    ...(servedBy(teacher, settings.methods).length === 0 ? ['a method'] : []),
  ];
  return (
    <Section title="4. Train">
      <p class="buttons">
        <button type="submit" class="main" disabled={missing.length > 0}>
          Train
        </button>
      </p>
      <p class="note" role="status">
        {missing.length > 0
          ? `Still missing: ${missing.join('; ')}.`
          : 'Training runs in other threads. You can pause it, and a reload loses at most a few steps.'}
      </p>
    </Section>
  );
}

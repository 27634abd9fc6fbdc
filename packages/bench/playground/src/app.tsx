import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Section } from '../../src/report/page/parts.js';
import { ImagesStep } from './images-step.js';
import { servedBy } from './methods.js';
import { Progress } from './progress.js';
import { Results } from './result-step.js';
import { SettingsStep, usualSettings } from './settings-step.js';
import { forgetRun, keepRun, keptRun } from './store.js';
import type { KeptRun } from './store.js';
import { claimRun } from './tab.js';
import { TeacherStep } from './teacher-step.js';
import type { TeacherChoice } from './teacher-step.js';
import { train } from './training.js';
import type { Training } from './training.js';
import { jobsOf, TEACHER } from './types.js';
import type { Finished, JobName, PageData, RunTeacher, Settings, StoredRun } from './types.js';
import type { RunView } from './views.js';

/** A run on the page: under way, waiting to go on, or over. */
interface PageRun {
  readonly run: StoredRun;
  readonly view: RunView | undefined;
  readonly finished: Readonly<Record<JobName, Finished>>;
}

/** What the browser could not keep, in words. */
const NOT_KEPT =
  'This browser keeps no data for this page (it may be a private window, or out of space). Training works, but a reload loses it.';

/** Two tabs would overwrite each other's run. */
const OTHER_TAB =
  'The playground is open in another tab, which keeps its run in this browser. Training works here too, but a reload loses it. To keep this one, close the other tab and reload this page.';

export function App(): VNode {
  const [data, setData] = useState<PageData>();
  const [teacher, setTeacher] = useState<TeacherChoice>({ kind: 'built-in' });
  const [settings, setSettings] = useState<Settings>(usualSettings);
  const [current, setCurrent] = useState<PageRun>();
  const [kept, setKept] = useState<KeptRun>();
  const [notice, setNotice] = useState('');
  const training = useRef<Training | undefined>(undefined);
  /** The run that the page shows: one that was stopped may still be ending, and must not come back. */
  const shown = useRef<object | undefined>(undefined);
  /** Whether the browser keeps this tab's run. */
  const isKept = useRef(false);
  const start = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const read = async (): Promise<void> => {
      if (!(await claimRun())) {
        setNotice(OTHER_TAB);
        return;
      }
      setKept(await keptRun());
      isKept.current = true;
    };
    read().catch(() => {
      setNotice(NOT_KEPT);
    });
  }, []);

  const go = ({ run, finished, curves }: KeptRun, engine?: Settings['engine']): void => {
    setKept(undefined);
    setCurrent({ run, view: undefined, finished });
    const own = {};
    shown.current = own;
    training.current = train({
      ...{ run, finished, curves, engine, isKept: isKept.current },
      onChange: (view, done) => {
        if (shown.current === own) setCurrent({ run, view, finished: done });
      },
    });
  };
  const begin = async (images: PageData): Promise<void> => {
    const run: StoredRun = {
      // Not randomUUID, which pages without https lack.
      id: crypto.getRandomValues(new Uint32Array(4)).join('-'),
      data: images,
      settings: { ...settings, methods: servedBy(teacher, settings.methods) },
      teacher: teacherOf(teacher),
    };
    if (isKept.current)
      await forgetRun()
        .then(() => keepRun(run))
        .catch(() => {
          isKept.current = false;
          setNotice(NOT_KEPT);
        });
    go({ run, finished: {}, curves: {} });
  };
  const goOn = async (engine?: Settings['engine']): Promise<void> => {
    if (current === undefined) return;
    const known = isKept.current ? await keptRun().catch(() => undefined) : undefined;
    const curves = known?.curves ?? {};
    go({ run: current.run, finished: current.finished, curves }, engine);
  };
  const discard = async (): Promise<void> => {
    training.current?.stop();
    shown.current = undefined;
    setKept(undefined);
    setCurrent(undefined);
    start.current?.focus();
    if (isKept.current) await forgetRun().catch(() => undefined);
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
              onContinue={(engine) => void goOn(engine)}
              onContinueUnsaved={() => {
                isKept.current = false;
                setNotice(NOT_KEPT);
                void goOn();
              }}
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
          {done < jobs ? 'Continue' : 'Show it'}
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

import type { VNode } from 'preact';
import { renderToStaticMarkup } from 'preact-render-to-string';
import type { TopLevelSpec } from 'vega-lite';
import {
  ACCENT,
  DataTable,
  Drawing,
  Entries,
  figure,
  renderPage,
  renderPlot,
  Section,
} from '../report/index.js';
import { durationText } from '../terminal/index.js';
import type { LiveState, LiveTraining, MachineUse } from './live-state.js';

/** Between two questions of the page to its server, milliseconds. */
const BETWEEN = 2000;

/** The page: how far the run is, then its report as far as there is one. */
export function livePage(title: string, version: string, live: VNode, report: VNode | undefined): string {
  return renderPage(
    { title, scripts: [LIVE_SCRIPT], isLive: true },
    <>
      <div id="live" data-version={version}>
        {live}
      </div>
      {report === undefined ? (
        <Section title="Report">
          <p>There is no report before the first training of a method is finished.</p>
        </Section>
      ) : (
        report
      )}
    </>,
  );
}

export const markup = (content: VNode): string => renderToStaticMarkup(content);

/** Asks how far the run is, and loads the page again when its report has changed. Runs in the browser as its own source. */
function follow(between: number): void {
  const live = document.querySelector<HTMLElement>('#live');
  const ask = async (): Promise<void> => {
    if (live === null) return;
    try {
      const answer = await fetch('/state', { cache: 'no-store' });
      const { version, html } = (await answer.json()) as { readonly version: string; readonly html: string };
      if (version !== live.dataset['version']) {
        location.reload();
        return;
      }
      live.innerHTML = html;
      live.classList.remove('lost');
    } catch {
      live.classList.add('lost');
    }
    setTimeout(() => void ask(), between);
  };
  setTimeout(() => void ask(), between);
}

const LIVE_SCRIPT = `(${follow.toString()})(${BETWEEN});`;

/** How far a run is: cells, what runs and how well, the machine, what went wrong. */
export async function liveContent(root: string, state: LiveState, now = Date.now()): Promise<VNode> {
  const { snapshot, cells, trainings, machine, faults } = state;
  const curves = await Promise.all(
    trainings
      .filter(({ epochs }) => epochs.length > 0)
      .map(async (training, at) => ({
        ...training,
        svg: await renderPlot(`live-${at}`, progressPlot(training)),
      })),
  );
  return (
    <>
      <Section title={root} note={sentence(state)}>
        <Entries
          entries={[
            ['Trainings', counts(state)],
            ['Pace', pace(state)],
            ['Machine', machineWords(machine)],
            ...snapshot.latest
              .slice(0, 1)
              .map(({ name, at }) => ['Latest', `${name}, ${durationText((now - at) / 1000)} ago`] as const),
          ]}
        />
        {faults.length === 0 ? null : (
          <div role="alert">
            {faults.map((fault) => (
              <p key={fault}>{fault}</p>
            ))}
          </div>
        )}
      </Section>
      {snapshot.running.length === 0 ? null : (
        <Section title="Running" note="Validation accuracy by epoch, per cent.">
          <DataTable
            label="Trainings under way"
            head={['training', 'epochs', 'validation %', 'heard of', 'by'].map((name) => ({ name }))}
            rows={snapshot.running.map(({ name, epochs, accuracy, heard, host, pid }) => ({
              cells: [
                name,
                String(epochs),
                accuracy === undefined ? '–' : (100 * accuracy).toFixed(2),
                `${durationText(Math.max(0, now - heard) / 1000)} ago`,
                `${host} (${pid})`,
              ],
            }))}
          />
          <div class="cards">
            {curves.map(({ name, svg }) => (
              <figure key={name} class="card">
                <h3>{name}</h3>
                <Drawing svg={svg} words={`Validation accuracy of ${name} by epoch.`} />
              </figure>
            ))}
          </div>
        </Section>
      )}
      {cells.length === 0 ? null : (
        <Section title="Trainings" note="In the order of the work.">
          <ul class="states">
            {cells.map(({ name, progress }) => (
              <li key={name} class={progress.replace(' ', '-')}>
                {name}
                <small>{progress}</small>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function sentence({ snapshot: { done, cells, running } }: LiveState): string {
  if (done === cells) return 'Every training is done.';
  return running.length === 0 ? 'No process is at work.' : 'Under way.';
}

function counts({ snapshot: { cells, isRace, done, running, halfDone } }: LiveState): string {
  const left = cells - done - running.length;
  const most = isRace && left > 0 ? 'at most ' : '';
  const half = halfDone === 0 ? '' : ` (${halfDone} half done)`;
  return `${done} of ${most}${cells} done, ${running.length} running, ${left} left${half}`;
}

function pace({ snapshot: { cells, isRace, done, cellsPerHour } }: LiveState): string {
  if (cellsPerHour === undefined) return 'known after three trainings within an hour';
  const rest = durationText((3600 * (cells - done)) / cellsPerHour);
  const left = done < cells ? `; the rest takes ${isRace ? 'at most' : 'about'} ${rest}` : '';
  return `${figure(cellsPerHour, 3)} trainings an hour${left}`;
}

function machineWords({ processors, load, memoryBytes, usedBytes }: MachineUse): string {
  const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  return `load ${load.toFixed(2)} on ${processors} processors, ${gib(usedBytes)} of ${gib(memoryBytes)} GiB of memory in use`;
}

function progressPlot({ epochs }: LiveTraining): TopLevelSpec {
  const values = epochs.flatMap(({ globalEpoch, validation }) =>
    validation.slice(0, 1).map(({ accuracy }) => ({ epoch: globalEpoch + 1, accuracy: 100 * accuracy })),
  );
  return {
    width: 230,
    height: 110,
    data: { values },
    mark: { type: 'line', point: { color: ACCENT, size: 18 }, color: ACCENT, strokeWidth: 1.75 },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        title: 'epoch',
        scale: { zero: false, nice: false },
        axis: { grid: false, tickMinStep: 1, tickCount: 5, format: 'd' },
      },
      y: {
        field: 'accuracy',
        type: 'quantitative',
        title: 'accuracy, %',
        scale: { zero: false },
        axis: { tickCount: 4 },
      },
    },
  };
}

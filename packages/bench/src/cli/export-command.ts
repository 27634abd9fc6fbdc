import { DistillError, nearestNameHint } from '@distilljs/core';
import { terminalTable } from '../terminal/index.js';
import { exportStudent } from '../export/index.js';
import type { ModelCard, Quantization } from '../export/index.js';
import { bestMethod } from '../report/index.js';
import type { Report } from '../report/index.js';
import { readStudy, studyFolder } from '../run/matrix.js';
import { print, terminalLog } from './output.js';
import { stopSignal } from './process.js';

/** Flags of `distill-bench export` as commander passes them. */
export interface ExportFlags {
  readonly to: string;
  readonly quantize?: Quantization;
  readonly withSoftmax?: true;
  readonly json?: true;
}

/**
 * The run folder and the method that `export` names: in a study, TASK/METHOD names both.
 *
 * @throws DistillError code `config` for a task that the study does not have
 */
export async function exportSource(
  run: string,
  method: string,
): Promise<{ readonly run: string; readonly method: string }> {
  const study = await readStudy(run);
  if (study === undefined) return { run, method };
  const [task = '', ...own] = method.split('/');
  const tasks = study.tasks.map(({ name }) => name);
  const ofTask = own.join('/');
  const wanted = own.length > 0 ? ofTask : method;
  if (ofTask !== '' && tasks.includes(task)) return { run: studyFolder(run).task(task), method: ofTask };
  throw new DistillError({
    code: 'config',
    where: 'export, method',
    expected: 'TASK/METHOD, as the folder holds a study',
    got: method,
    hint: nearestNameHint(
      method,
      tasks.map((name) => `${name}/${wanted === '' ? 'METHOD' : wanted}`),
    ),
  });
}

/** `distill-bench export`. */
export async function exportCommand(
  run: string,
  method: string,
  seed: number,
  { to, json, ...flags }: ExportFlags,
): Promise<void> {
  const log = terminalLog();
  const card = await exportStudent({
    run,
    method,
    seed,
    to,
    ...flags,
    log,
    signal: stopSignal(log.say.bind(log)),
  });
  print(json === true ? JSON.stringify(card, null, 2) : exportText(card, to));
}

/** `run --export`: the student of the first-ranked method, with the first seed. */
export async function exportBest(report: Report, run: string, to: string): Promise<void> {
  const method = bestMethod(report);
  const seed = report.rows.find((row) => row.method === method)?.seeds[0];
  if (method === undefined || seed === undefined)
    throw unusable(
      'one method that comes out first',
      'none',
      'Choose one: distill-bench export RUN METHOD SEED.',
    );
  await exportCommand(run, method, seed, { to });
}

/** Refuses `--export` for a study, which has a student per task. */
export function expectNoExport(to: string | undefined): void {
  if (to === undefined) return;
  throw unusable(
    'a run of one task',
    'a study',
    'Export from one task: distill-bench export OUT/tasks/TASK METHOD SEED.',
  );
}

const unusable = (expected: string, got: string, hint: string): DistillError =>
  new DistillError({ code: 'config', where: '--export', expected, got, hint });

function exportText(
  { testAccuracy, bytes, latency, quantization, hasPage, ownLayers }: ModelCard,
  to: string,
): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const { trained, exported, images } = testAccuracy;
  const table = terminalTable(
    [
      { title: 'engine' },
      { title: 'batch', numeric: true },
      { title: 'p50 ms', numeric: true },
      { title: 'p95 ms', numeric: true },
    ],
    latency.measured.map(({ engine, batch, p50, p95 }) => [
      engine,
      String(batch),
      p50.toFixed(2),
      p95.toFixed(2),
    ]),
  );
  return [
    `Accuracy on ${images} test images: ${percent(trained)} as trained, ${percent(exported)} as exported${quantization === undefined ? '' : ` (${quantization})`}`,
    `Weights: ${bytes.weights} bytes, as trained ${bytes.trainedWeights}`,
    table,
    `Exported to ${to}: model.json, README.md, card.json${hasPage ? ', index.html (serve the folder, e.g. npx http-server)' : ''}`,
    ...(ownLayers === undefined
      ? []
      : [
          `No page: tfjs does not have these layers, so register them before you load the model: ${ownLayers.join(', ')}`,
        ]),
  ].join('\n');
}

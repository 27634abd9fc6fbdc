import { relative } from 'node:path';
import { DistillError } from '@distilljs/core';
import { cellProcesses } from '../cell/cell-process.js';
import { dryRun, plannedMatrix } from '../cell/dry-run.js';
import { runJobs, runStudyJobs } from '../cell/run-jobs.js';
import type { JobsOutcome } from '../cell/run-jobs.js';
import { runStudy } from '../cell/run-study.js';
import { expectTrainings, parseShard } from '../cell/shard.js';
import type { StudyOutcome } from '../cell/run-study.js';
import type { CellOutcome } from '../cell/train-cells.js';
import { shellWord } from '../cluster/index.js';
import { presetNames, withAbsolutePaths } from '../config/index.js';
import type { RunConfig, StudyConfig } from '../config/index.js';
import { renderStudyTerminal, renderTerminal } from '../report/index.js';
import { cellName, cellsOf } from '../run/cells.js';
import { openStudy } from '../run/open-study.js';
import { openRun, runConfig } from '../run/run-config.js';
import type { ConfigRun, ConfigOutcome } from '../run/run-config.js';
import type { Divergence } from '../run/train-students.js';
import { cellsDisplay } from './cells-display.js';
import { dryRunText } from './dry-run-text.js';
import { expectReplaceable } from '../export/index.js';
import { expectNoExport, exportBest } from './export-command.js';
import { EXIT, collectSeldom, stopSignal } from './process.js';
import type { ExitCode } from './process.js';
import { configOf } from './run-flags.js';
import type { RunFlags } from './run-flags.js';
import { isSystemError, print, printError, terminalLog } from './output.js';

/** `distill-bench run`. */
export async function runCommand(flags: RunFlags): Promise<ExitCode> {
  const jobs = expectUsage(flags);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
  const config = await configOf(flags);
  if (!('tasks' in config) && config.race !== undefined) expectWholeRace(flags);
  if ('tasks' in config) expectNoExport(flags.export);
  else if (flags.export !== undefined)
    await expectReplaceable(flags.export, flags.out, withAbsolutePaths(config), '--export');
  const log = terminalLog();
  const signal = stopSignal(log.say.bind(log));
  const { out } = flags;
  if (flags.dryRun === true) {
    const planned = await dryRun({
      config,
      out,
      existing: flags.overwrite === true ? 'overwrite' : 'resume',
      log,
      signal,
    });
    print(flags.json === true ? JSON.stringify(planned, null, 2) : dryRunText(planned));
    return EXIT.done;
  }
  const existing = flags.resume === true ? 'resume' : flags.overwrite === true ? 'overwrite' : 'refuse';
  const around = { out, existing, log, signal } as const;
  if (flags.prepare === true) {
    const cells = await prepared(config, around);
    print(cells.map((name) => `distill-bench train ${shellWord(out)} ${name}`).join('\n'));
    return EXIT.done;
  }
  // Before the folder is made or replaced. A continued run may have more trainings than this command names.
  if (shard !== undefined && existing !== 'resume')
    expectTrainings((await plannedMatrix(config, out, 'overwrite')).cells, shard);
  const isAlone = jobs === 1 && shard === undefined;
  if (isAlone) collectSeldom();
  const many = { jobs, shard, processes: cellProcesses(process.argv[1] ?? ''), watch: cellsDisplay };
  const running =
    'tasks' in config
      ? isAlone
        ? runStudy({ study: config, ...around })
        : runStudyJobs({ study: config, ...around, ...many })
      : isAlone
        ? runConfig({ config, ...around })
        : runJobs({ config, ...around, ...many });
  const written: ConfigOutcome | JobsOutcome | StudyOutcome | undefined = await running
    .catch((error: unknown) => {
      // The error of a write to a full disk lacks the path.
      if (isSystemError(error)) error.path ??= out;
      throw error;
    })
    .finally(() => many.processes.end());
  if (written === undefined) {
    log.say(`Stopped; everything done is in ${out}. Continue with the same command and --resume.`);
    return EXIT.interrupted;
  }
  const { report, page } = written;
  if (flags.json === true) print(JSON.stringify(report, null, 2));
  else {
    const text = 'tasks' in report ? renderStudyTerminal(report) : renderTerminal(report);
    print(`${text}\n\nReport: ${relative('.', page)}`);
  }
  if (flags.export !== undefined && !('tasks' in report)) await exportBest(report, out, flags.export);
  const wrong = problemsOf(written, config);
  for (const problem of wrong) printError(problem);
  return wrong.length === 0 ? EXIT.done : EXIT.failed;
}

/** Prepares the folder. @returns the names of its cells */
async function prepared(
  config: RunConfig | StudyConfig,
  around: Omit<ConfigRun, 'config'>,
): Promise<readonly string[]> {
  if ('tasks' in config) {
    return await openStudy({ study: config, ...around }, ({ cells }) =>
      Promise.resolve(cells.map(({ name }) => name)),
    );
  }
  return await openRun({ config, ...around }, ({ loaded, context }) => {
    loaded?.network.dispose();
    return Promise.resolve(cellsOf(context.config).map(cellName));
  });
}

function problemsOf(
  written: ConfigOutcome | JobsOutcome | StudyOutcome,
  config: RunConfig | StudyConfig,
): readonly string[] {
  if ('leftOut' in written) {
    const { leftOut } = written;
    const names = fewOf(leftOut.map(({ name, reason }) => `${name} (${reason})`));
    const next = 'The same command with --resume tries again.';
    return leftOut.length === 0 ? [] : [`not done: ${names}. The report is of the others. ${next}`];
  }
  const { diverged } = written;
  const { failed = [] } = written as Partial<JobsOutcome>;
  return [
    ...(failed.length > 0 ? [failureText(failed)] : []),
    ...(diverged.length > 0 && !('tasks' in config) ? [divergenceText(diverged, config)] : []),
  ];
}

/** The first few texts, and how many more: a failed teacher fails every cell that needs it. */
const fewOf = (texts: readonly string[], most = 10): string =>
  [...texts.slice(0, most), ...(texts.length > most ? [`${texts.length - most} more`] : [])].join('; ');

/** The cells that failed twice, and how to continue. */
function failureText(failed: readonly CellOutcome[]): string {
  const what = fewOf(failed.map(({ cell, reason = '' }) => `${cellName(cell)} (${reason})`));
  return `${what} failed twice; the report is of the others. The same command with --resume tries again.`;
}

/** @returns the number of trainings at a time */
function expectUsage({
  jobs = 1,
  resume,
  overwrite,
  prepare,
  dryRun: isDry,
  shard,
  export: exported,
  json,
  preset,
  config,
}: RunFlags): number {
  if (resume === true && overwrite === true)
    throw usage('one of --resume and --overwrite', 'both', 'Decide whether to keep what the folder holds.');
  if (prepare === true && isDry === true)
    throw usage(
      'one of --prepare and --dry-run',
      'both',
      '--dry-run changes nothing, --prepare makes the folder.',
    );
  const only = prepare === true ? '--prepare' : isDry === true ? '--dry-run' : undefined;
  const useless = [
    ...(shard === undefined ? [] : ['--shard']),
    ...(exported === undefined ? [] : ['--export']),
    ...(json === true && prepare === true ? ['--json'] : []),
  ];
  if (only !== undefined && useless.length > 0)
    throw usage(
      `${only} without ${useless.join(', ')}`,
      'both',
      `${only} trains nothing, and is about all cells.`,
    );
  if (shard !== undefined && exported !== undefined)
    throw usage(
      '--shard without --export',
      'both',
      'A part does not know the best method: merge, then export.',
    );
  if (preset === undefined && config === undefined)
    throw usage('--preset NAME or --config FILE', 'neither', `Presets: ${presetNames.join(', ')}.`);
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 1024) return jobs;
  throw usage(
    '--jobs: a whole number from 1 to 1024',
    String(jobs),
    'It is the number of trainings at a time.',
  );
}

/** A race's trainings depend on earlier ones, so they can be neither listed in advance nor divided. */
function expectWholeRace({ shard, prepare }: RunFlags): void {
  const flag = shard !== undefined ? '--shard' : prepare === true ? '--prepare' : undefined;
  if (flag === undefined) return;
  throw usage(
    `no ${flag} with a race`,
    flag,
    'Which trainings a race needs follows from those before. Several at a time: --jobs.',
  );
}

/** The diverged trainings, and how to run without them. */
export function divergenceText(diverged: readonly Divergence[], { methods }: RunConfig): string {
  const trainings = diverged.map(({ method, seed }) => `${method} seed ${seed}`);
  const others = methods.filter(({ as }) => !diverged.some(({ method }) => method === as));
  const kept = others.map(({ as }) => as).join();
  const what = `${trainings.join(', ')} diverged; the report is of the others.`;
  return `${what} Lower the learning rate${kept === '' ? '' : `, or leave it out with --methods ${kept}`}.`;
}

function usage(expected: string, got: string, hint: string): DistillError {
  return new DistillError({ code: 'config', where: 'distill-bench run', expected, got, hint });
}
